// A client of the npm package `ws`: `ws-client.mjs URL SCENARIO` plays one scenario and prints what it saw as JSON.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { WebSocket } from 'ws';

const [url, scenario] = process.argv.slice(2);
const hash = (data) => createHash('sha1').update(data).digest('hex');

const scenarios = { echo, fragments, deflate, closedByClient, closedByOrigin, wait };
const report = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(report)}\n`);

async function open(options = {}) {
  const socket = new WebSocket(url, options);
  await once(socket, 'open');
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

async function wait() {
  const socket = await open();
  const closed = closing(socket);
  process.stdout.write('open\n');
  return closed;
}
