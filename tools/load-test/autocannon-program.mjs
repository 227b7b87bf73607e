// Autocannon as a program that speaks as wrk.lua does: `… MODULE URL HOST CONNECTIONS SECONDS PATIENCE FIELDS`.
const [path, url, host, connections, seconds, patience, fields = '[]'] = process.argv.slice(2);
const { default: autocannon } = await import(path);

const TICK_MS = 250;
const RANKS = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 };
// Its own histogram has whole milliseconds only. These buckets are a hundredth apart, from 1 µs to minutes.
const BUCKETS_PER_E = 100;

const statuses = {};
const errors = { connect: 0, read: 0, write: 0, timeout: 0 };
const latencies = new Uint32Array(2000);
let answered = 0;
let bytes = 0;
let sum = 0;
let slowest = 0;
let ticked = 0;
let since = performance.now();

const beganAt = performance.now();
const ticking = setInterval(tick, TICK_MS);
const options = {
  url,
  connections: Number(connections),
  duration: Number(seconds),
  timeout: Number(patience),
  headers: {
    ...Object.fromEntries(JSON.parse(fields).map(({ name, value }) => [name, value])),
    ...(host === '' ? {} : { host }),
  },
  ...(host === '' ? {} : { servername: host }),
};
const run = autocannon(options, conclude);
run.on('response', onResponse);
run.on('reqError', (error) => errors[kindOf(error)]++);

function onResponse(_client, status, size, milliseconds) {
  statuses[status] = (statuses[status] ?? 0) + 1;
  answered++;
  bytes += size;
  sum += milliseconds;
  slowest = Math.max(slowest, milliseconds);
  latencies[Math.min(latencies.length - 1, Math.floor(Math.log(Math.max(1, milliseconds * 1000)) * BUCKETS_PER_E))]++;
}

function tick() {
  const now = performance.now();
  process.stdout.write(`tick ${answered - ticked} ${Math.round(now - since)}\n`);
  ticked = answered;
  since = now;
}

function conclude(error, result) {
  clearInterval(ticking);
  if (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  // A connection that ends before its answer is opened again without a word; only the number of requests tells.
  const counted = Object.values(errors).reduce((total, count) => total + count, 0);
  errors.read += Math.max(0, result.requests.sent - answered - counted - Number(connections));
  const micros = Object.fromEntries(Object.entries(RANKS).map(([name, rank]) => [name, percentile(rank)]));
  const mean = Math.round((sum * 1000) / Math.max(1, answered));
  const report = {
    requests: answered,
    bytes,
    duration_us: Math.round((performance.now() - beganAt) * 1000),
    latency_us: { mean, ...micros, max: Math.round(slowest * 1000) },
    statuses,
    errors,
  };
  process.stdout.write(`result ${JSON.stringify(report)}\n`);
}

function percentile(rank) {
  let left = Math.ceil(answered * rank);
  const bucket = latencies.findIndex((count) => (left -= count) <= 0);
  return Math.min(Math.round(Math.exp((bucket + 1) / BUCKETS_PER_E)), Math.round(slowest * 1000));
}

function kindOf({ code, syscall, message }) {
  if (message === 'request timed out') return 'timeout';
  if (syscall === 'connect' || code === 'ECONNREFUSED' || code === 'ENOTFOUND') return 'connect';
  return syscall === 'write' || code === 'EPIPE' ? 'write' : 'read';
}
