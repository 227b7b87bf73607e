// A client of the npm package `ws`: `ws-client.mjs URL SCENARIO` plays one scenario and prints what it saw as JSON. A URL of
// `h2c:` opens its WebSockets on streams of HTTP/2 (RFC 8441).
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import process from 'node:process';
import { WebSocket } from 'ws';

const [url, scenario] = process.argv.slice(2);
const hash = (data) => createHash('sha1').update(data).digest('hex');

const scenarios = { echo, fragments, deflate, closedByClient, closedByOrigin, declined, wait };
const isHttp2 = url.startsWith('h2c:');
const report = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(report)}\n`);
if (isHttp2) process.exit(0); // its connection would stay open

async function open(options = {}) {
  if (isHttp2) return openOverHttp2();
  const socket = new WebSocket(url, options);
  await once(socket, 'open');
  return socket;
}

async function openOverHttp2() {
  const { host, pathname } = new URL(url);
  const session = connectHttp2(`http://${host}`);
  await once(session, 'remoteSettings');
  const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': pathname });
  const [head] = await once(stream, 'response');
  if (head[':status'] !== 200) throw new Error(`Unexpected server response: ${head[':status']}`);
  const socket = new WebSocket(null, undefined, { closeTimeout: 30_000 });
  Reflect.set(socket, '_isServer', false); // ws has no other way to say so for a stream that is open
  socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 0, skipUTF8Validation: false });
  return socket;
}

async function answer(socket) {
  const [data, isBinary] = await once(socket, 'message');
  return { data, isBinary };
}

async function closing(socket) {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: reason.toString() };
}

async function echo() {
  const socket = await open({ perMessageDeflate: false });
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 1_000_000];
  const results = [];
  for (const size of sizes) {
    for (const message of ['ü'.repeat(size / 2), randomBytes(size)]) {
      socket.send(message);
      const { data, isBinary } = await answer(socket);
      results.push(isBinary === Buffer.isBuffer(message) && hash(data) === hash(message));
    }
  }
  socket.terminate();
  return { results };
}

async function fragments() {
  const socket = await open({ perMessageDeflate: false });
  const pong = once(socket, 'pong');
  const answered = answer(socket);
  socket.send('frag', { fin: false });
  socket.send('ment', { fin: false });
  socket.ping('between');
  socket.send('ed', { fin: true });
  const [payload] = await pong;
  const { data } = await answered;
  socket.terminate();
  return { message: data.toString(), pong: payload.toString() };
}

async function deflate() {
  const { hostname, port } = new URL(url);
  const connection = connect(Number(port), hostname);
  const socket = await open({ perMessageDeflate: { threshold: 0 }, createConnection: () => connection });
  const message = 'all the same '.repeat(50_000);
  const results = [];
  for (let n = 0; n < 5; n++) {
    socket.send(message);
    results.push((await answer(socket)).data.toString() === message);
  }
  socket.terminate();
  return { extensions: socket.extensions, results, isSmall: connection.bytesRead < message.length };
}

async function closedByClient() {
  const socket = await open();
  const closed = closing(socket);
  socket.close(4001, 'enough');
  return closed;
}

async function closedByOrigin() {
  const socket = await open();
  const closed = closing(socket);
  socket.send('close 4002 too much');
  return closed;
}

async function declined() {
  try {
    await open();
    return 'open';
  } catch (error) {
    return error.message;
  }
}

async function wait() {
  const socket = await open();
  const closed = closing(socket);
  process.stdout.write('open\n');
  return closed;
}
