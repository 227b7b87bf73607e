// A gRPC server and client of the npm package `@grpc/grpc-js`. `server`: serves test.Echo, prints its port, and a line for each
// call; ends when its standard input does. `client ADDRESS [CA] [h1]`: makes calls of all kinds and prints what came of them as JSON.
// `call ADDRESS METHOD [TIMEOUT]`: makes one and prints what came of it; TIMEOUT goes into the field grpc-timeout as it is, and the
// client itself waits for as long as it takes.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Client, Metadata, Server, ServerCredentials, credentials, status } from '@grpc/grpc-js';

const [role, ...words] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const keep = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: keep,
  requestDeserialize: keep,
  responseSerialize: keep,
  responseDeserialize: keep,
});
const methods = {
  unary: method('Unary', false, false),
  upload: method('Upload', true, false),
  download: method('Download', false, true),
  chat: method('Chat', true, true),
  fail: method('Fail', false, false),
  hang: method('Hang', false, false),
  flaky: method('Flaky', false, false),
};

function serve() {
  let flaky = 0;
  const server = new Server();
  server.addService(methods, {
    unary: (call, answer) => {
      const trailers = new Metadata();
      trailers.set('x-name', String(call.metadata.get('x-name')[0] ?? ''));
      answer(null, call.request, trailers);
    },
    upload: (call, answer) => {
      let size = 0;
      call.on('data', (part) => (size += part.length));
      call.on('end', () => answer(null, Buffer.from(String(size))));
    },
    download: (call) => {
      for (let n = 0; n < Number(call.request); n++) call.write(Buffer.from(`part ${n}`));
      call.end();
    },
    chat: (call) => {
      call.on('data', (part) => call.write(part));
      call.on('end', () => call.end());
    },
    fail: (call, answer) => answer({ code: Number(call.request), details: 'as you wish: é' }),
    hang: (call) =>
      say(`hang ${call.getDeadline() instanceof Date || call.getDeadline() < 1e15 ? 'bounded' : 'unbounded'}`),
    flaky: (call, answer) => {
      flaky++;
      if (flaky === 1) answer({ code: status.UNAVAILABLE, details: 'not now' });
      else answer(null, Buffer.from(`call ${flaky}`));
    },
  });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    say(`listening ${port}`);
  });
  process.stdin.on('close', () => process.exit(0)).resume();
}

function outcome(error) {
  return error === null ? 'ok' : { code: error.code, details: error.details };
}

async function makeCalls(address, ca) {
  const secure = ca === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(ca));
  const client = new Client(address, secure);
  const { unary, upload, download, chat, fail, hang, flaky } = methods;
  const ask = ({ path }, body, options = {}, metadata = new Metadata()) =>
    new Promise((resolve) => {
      const result = {};
      const made = client.makeUnaryRequest(path, keep, keep, Buffer.from(body), metadata, options, (error, answer) =>
        Object.assign(result, { outcome: outcome(error), answer: answer?.toString() }),
      );
      made.on('status', (end) => {
        const [name] = end.metadata.get('x-name');
        setImmediate(() => resolve({ ...result, trailer: name }));
      });
    });
  const named = new Metadata();
  named.set('x-name', 'n');
  const results = {
    unary: await ask(unary, 'hello', {}, named),
    fail: await ask(fail, '5'),
    flaky: await ask(flaky, ''),
    hang: await ask(hang, '', { deadline: Date.now() + 500 }),
    download: await new Promise((resolve) => {
      const parts = [];
      const made = client.makeServerStreamRequest(download.path, keep, keep, Buffer.from('20'));
      made.on('data', (part) => parts.push(part.toString()));
      made.on('error', (error) => resolve(outcome(error)));
      made.on('end', () => resolve(parts.length));
    }),
    upload: await new Promise((resolve) => {
      const made = client.makeClientStreamRequest(upload.path, keep, keep, (error, answer) =>
        resolve(error === null ? answer.toString() : outcome(error)),
      );
      for (let n = 0; n < 50; n++) made.write(Buffer.alloc(10_000));
      made.end();
    }),
    chat: await new Promise((resolve) => {
      const parts = [];
      const made = client.makeBidiStreamRequest(chat.path, keep, keep);
      made.on('data', (part) => {
        parts.push(part.toString());
        if (parts.length === 10) made.end();
        else made.write(Buffer.from(`say ${parts.length}`));
      });
      made.on('error', (error) => resolve(outcome(error)));
      made.on('end', () => resolve(parts.at(-1)));
      made.write(Buffer.from('say 0'));
    }),
    many: await Promise.all(Array.from({ length: 200 }, (_, n) => ask(unary, `m${n}`))).then(
      (answers) => answers.filter(({ outcome: how }) => how === 'ok').length,
    ),
  };
  say(JSON.stringify(results));
  client.close();
}

async function makeOne(address, name, timeout) {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (timeout !== undefined) metadata.set('grpc-timeout', timeout);
  const began = performance.now();
  const came = await new Promise((resolve) => {
    client.makeUnaryRequest(methods[name].path, keep, keep, Buffer.from('hello'), metadata, (error) =>
      resolve(outcome(error)),
    );
  });
  say(JSON.stringify({ outcome: came, millis: performance.now() - began }));
  client.close();
}

if (role === 'server') serve();
else if (role === 'call') await makeOne(...words);
else await makeCalls(...words);
