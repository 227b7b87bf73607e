// WebSocket clients that send a message and, when it comes back, the next one: `bun websocket-load.ts URL CONNECTIONS
// BYTES SECONDS`. Prints its results as JSON.
import type { LoadResult } from './load.ts';
import { percentileOf } from './statistics.ts';

const [url, connections, size, seconds] = process.argv.slice(2);
const message = 'x'.repeat(Number(size));
const latencies: number[] = [];
let errors = 0;
let isOver = false;

const sockets = await Promise.all(Array.from({ length: Number(connections) }, () => open()));
const start = performance.now();
for (const socket of sockets) keepSending(socket);
await Bun.sleep(Number(seconds) * 1000);
isOver = true;
const elapsed = (performance.now() - start) / 1000;
latencies.sort((a, b) => a - b);
const result: LoadResult = {
  // Each echo is two messages through the proxy, one there and one back.
  requests: 2 * latencies.length,
  requestsPerSecond: (2 * latencies.length) / elapsed,
  p50: percentileOf(latencies, 0.5),
  p99: percentileOf(latencies, 0.99),
  p999: percentileOf(latencies, 0.999),
  errors,
};
console.log(JSON.stringify(result));
process.exit(0);

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener('open', () => resolve());
  socket.addEventListener('error', () => reject(new Error(`${url} takes no WebSocket`)));
  await promise;
  return socket;
}

function keepSending(socket: WebSocket): void {
  let sentAt = performance.now();
  socket.addEventListener('close', () => (errors += isOver ? 0 : 1));
  socket.addEventListener('message', (event) => {
    if (isOver) return;
    const now = performance.now();
    latencies.push((now - sentAt) * 1000);
    if (String(event.data).length !== message.length) errors++;
    sentAt = now;
    socket.send(message);
  });
  socket.send(message);
}
