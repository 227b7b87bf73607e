// An origin of HTTP/2 on node:http2. Words: `plain`, or `tls CERTIFICATE KEY` (with HTTP/1.1 on the same port); then the most
// streams that it takes. What it does depends on the path. Prints its port, and a line for each connection and each end of
// one; ends when its standard input does.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import process from 'node:process';
import { createInterface } from 'node:readline';

const [mode, ...words] = process.argv.slice(2);
const most = Number(words.at(-1));
const say = (line) => process.stdout.write(`${line}\n`);
const settings = Number.isFinite(most) ? { maxConcurrentStreams: most } : {};
// In megabytes; by default Node refuses streams while more than ten of bodies wait to be sent.
const maxSessionMemory = 1000;
const sessions = new Set();
const refused = new Set();

function createServer() {
  if (mode !== 'tls') return http2.createServer({ settings, maxSessionMemory });
  const [cert, key] = words;
  return http2.createSecureServer({
    settings,
    maxSessionMemory,
    allowHTTP1: true,
    cert: readFileSync(cert),
    key: readFileSync(key),
  });
}

const ANSWERS = {
  '/echo': (request, response) => request.pipe(response),
  '/head': (request, response) => {
    response.setHeader('content-type', 'application/json');
    const { method, httpVersion, headers, authority } = request;
    response.end(JSON.stringify({ method, version: httpVersion, authority, headers }));
  },
  '/large': (_, response) => response.end(Buffer.alloc(4 * 1024 * 1024, 0x61)),
  '/length': (_, response) => {
    response.setHeader('content-length', '5');
    response.end('12345');
  },
  '/empty': (_, response) => {
    response.statusCode = 204;
    response.end();
  },
  '/early': (_, response) => response.end('enough'),
  '/slow': (_, response) => setTimeout(() => response.end('slow'), 300),
  '/trailers': (_, response) => {
    response.write('body');
    response.addTrailers({ 'x-sum': '1' });
    response.end();
  },
  '/hints': (_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.end('hinted');
  },
  '/refused': (request, response) => {
    // Each of these is refused once.
    if (refused.has(request.url)) return request.pipe(response);
    refused.add(request.url);
    return response.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  },
  '/cut': (_, response) => {
    response.write('the beginning');
    setTimeout(() => response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 20);
  },
  '/reset': (_, response) => response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  '/leave': (request, response) => {
    // Those that come with it on the way have not been looked at.
    if (!refused.has('left')) request.stream.session?.goaway(0, request.stream.id);
    refused.add('left');
    setTimeout(() => response.end('left'), 50);
  },
};

const server = createServer();
server.on('session', (session) => {
  sessions.add(session);
  say('connection');
  session.on('error', () => {});
  session.on('close', () => sessions.delete(session));
});
server.on('request', (request, response) => {
  request.on('error', () => {});
  response.on('error', () => {});
  const [path] = request.url.split('?');
  const answer = ANSWERS[path];
  if (answer === undefined) response.end(`hello over ${request.httpVersion}`);
  else answer(request, response);
});
server.on('upgrade', (_, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  socket.pipe(socket);
});
server.listen(0, '127.0.0.1', () => say(`listening ${server.address().port}`));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'drop') for (const session of sessions) session.destroy();
    if (line === 'goaway') for (const session of sessions) session.close();
  })
  .on('close', () => process.exit(0));
