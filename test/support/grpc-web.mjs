// gRPC-Web. `server [well]`: a server of the npm package `@grpc/grpc-js`, which knows nothing of browsers; prints its port, and ends
// when its standard input does; `well`: it breaks nothing off. `client URL`: the npm package `@connectrpc/connect-web`, by the fetch of
// Node.js; prints what came of its calls as JSON.
import process from 'node:process';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, StringValueSchema, file_google_protobuf_wrappers } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';

const [role, url] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

const STRING = '.google.protobuf.StringValue';
const described = (name, serverStreaming = false) => ({ name, inputType: STRING, outputType: STRING, serverStreaming });
const file = create(FileDescriptorProtoSchema, {
  name: 'echo.proto',
  package: 'test',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Echo',
      method: [
        described('Unary'),
        described('Fail'),
        described('Hang'),
        described('Download', true),
        described('Broken', true),
      ],
    },
  ],
});

const codec = {
  serialize: (text) => toBinary(StringValueSchema, create(StringValueSchema, { value: text })),
  deserialize: (bytes) => fromBinary(StringValueSchema, bytes).value,
};
const method = (name, responseStream = false) => ({
  path: `/test.Echo/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: (text) => Buffer.from(codec.serialize(text)),
  requestDeserialize: codec.deserialize,
  responseSerialize: (text) => Buffer.from(codec.serialize(text)),
  responseDeserialize: codec.deserialize,
});

function serve() {
  let goOn = () => undefined;
  const server = new Server();
  const methods = {
    unary: method('Unary'),
    fail: method('Fail'),
    hang: method('Hang'),
    download: method('Download', true),
    broken: method('Broken', true),
  };
  server.addService(methods, {
    unary: (call, answer) => {
      const trailers = new Metadata();
      trailers.set('x-name', String(call.metadata.get('x-name')[0] ?? ''));
      trailers.set('x-data-bin', Buffer.from('héllo'));
      if (call.request === 'go on') goOn();
      answer(null, call.request, trailers);
    },
    fail: (call, answer) => answer({ code: Number(call.request), details: 'as you wish: é' }),
    hang: (call) => say(`hang ${call.getDeadline() === Infinity ? 'unbounded' : 'bounded'}`),
    // After the first part it waits for another call, which its client makes when it has that part.
    download: (call) => {
      goOn = () => {
        for (let n = 1; n < Number(call.request); n++) call.write(`part ${n}`);
        call.end();
      };
      call.write('part 0');
    },
    broken: (call) => {
      call.write('part 0');
      if (url === 'well') call.end();
      else call.emit('error', { code: Number(call.request), details: 'lost' });
    },
  });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    say(`listening ${port}`);
  });
  process.stdin.on('close', () => process.exit(0)).resume();
}

async function outcome(work) {
  try {
    return await work();
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code: Code[code], message: rawMessage };
  }
}

async function makeCalls() {
  const registry = createFileRegistry(file, () => file_google_protobuf_wrappers);
  const client = createClient(registry.getService('test.Echo'), createGrpcWebTransport({ baseUrl: url }));
  const trailers = {};
  const results = {
    unary: await outcome(async () => {
      const options = {
        headers: { 'x-name': 'n' },
        onTrailer: (told) => Object.assign(trailers, Object.fromEntries(told)),
      };
      return (await client.unary({ value: 'hello' }, options)).value;
    }),
    trailers: trailers['x-name'],
    binary: Buffer.from(trailers['x-data-bin'] ?? '', 'base64').toString(),
    large: await outcome(async () => (await client.unary({ value: 'x'.repeat(1_000_000) })).value.length),
    fail: await outcome(() => client.fail({ value: '5' })),
    hang: await outcome(() => client.hang({ value: 'x' }, { timeoutMs: 500 })),
    download: await outcome(async () => {
      const parts = [];
      for await (const { value } of client.download({ value: '20' })) {
        parts.push(value);
        if (parts.length === 1) await client.unary({ value: 'go on' });
      }
      return parts.length;
    }),
    broken: await outcome(async () => {
      for await (const part of client.broken({ value: '15' })) if (part.value !== 'part 0') return part;
      return 'no error';
    }),
    many: (await Promise.all(Array.from({ length: 100 }, (_, n) => client.unary({ value: `m${n}` })))).length,
  };
  say(JSON.stringify(results));
}

if (role === 'server') serve();
else {
  await makeCalls();
  process.exit(0); // connections that are kept would hold it up
}
