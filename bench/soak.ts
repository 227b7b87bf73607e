// Has a gateway of several processes serve for a long time while everything changes around it, and tells whether its memory,
// descriptors and threads stay as they are, and whether a request is lost that could have been saved.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { partsOf } from './lib/cpu.ts';
import { freePort, waitUntilServing } from './lib/network.ts';
import { type Child, openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run soak -- [options]

  --minutes N        default 20
  --workers N        processes that serve, default 2
  --reload N         seconds between reloads, default 5
  --kill N           seconds between kills of a worker, default 20
  --sockets N        WebSockets that stay open, default 50`;

const PROGRAM = fileURLToPath(new URL('../bin/keystone', import.meta.url));
const WORKER = 'keystone worker';
const BODY = 1024;
const LARGE = 4 * 1024 * 1024;
const SAMPLE = 5000;
const FLAP = 7000;
// A client whose worker has been killed hears of it within this time.
const AFTERMATH = 1500;
// What may differ between the second and the last quarter of the time.
const MEMORY_SHARE = 0.1;
const MEMORY_MORE = 12 * 1024 * 1024;
const DESCRIPTORS_MORE = 30;

type Sample = { readonly at: number; readonly memory: number; readonly descriptors: number; readonly threads: number };

const words = readWords(USAGE, { minutes: '20', workers: '2', reload: '5', kill: '20', sockets: '50' });
const end = Date.now() + words.count('minutes') * 60_000;
const isOver = (): boolean => Date.now() >= end;
const counts = new Map<string, number>();
const problems: string[] = [];
let killedAt = 0;

await using stage = openStage();
const origins = [origin(), origin(), origin()];
const [port, admin] = [await freePort(), await freePort()];
const file = join(stage.directory, 'keystone.yaml');
writeFileSync(file, configuration(0));
const argv = [PROGRAM, 'run', '-c', file, '--addr', `127.0.0.1:${port}`, '--workers', words.of('workers')];
const gateway = stage.start({ argv, core: null, environment: { XDG_STATE_HOME: stage.directory } });
const url = `http://127.0.0.1:${port}`;
await waitUntilServing(gateway, `${url}/1k`, BODY);
const samples = await soak(gateway);
for (const { stop } of origins) stop();
report();

async function soak(child: Child): Promise<readonly Sample[]> {
  const taken: Sample[] = [];
  const sockets = Array.from({ length: words.count('sockets', 0) }, () => keepSocket());
  await Promise.all([
    ...Array.from({ length: 8 }, () => ask({})),
    ...Array.from({ length: 4 }, () => ask({ connection: 'close' })),
    ...Array.from({ length: 4 }, () => post()),
    leaveEarly(),
    comeAndGo(),
    flap(),
    every(words.count('reload') * 1000, reload),
    every(words.count('kill') * 1000, () => killOne(child)),
    every(1000, readAdmin),
    every(SAMPLE, () => void taken.push(sample(child))),
    ...sockets,
  ]);
  return taken;
}

async function every(pause: number, act: (round: number) => unknown): Promise<void> {
  for (let round = 1; !isOver(); round++) {
    await sleep(Math.min(pause, Math.max(0, end - Date.now())));
    if (!isOver()) await act(round);
  }
}

/** Asks for small pages, one after the other. */
async function ask(headers: Record<string, string>): Promise<void> {
  while (!isOver()) await attempt('GET', () => fetch(`${url}/1k`, { headers }));
}

async function post(): Promise<void> {
  const body = 'x'.repeat(20_000);
  while (!isOver()) {
    await attempt('PUT', () => fetch(`${url}/echo`, { method: 'PUT', body }));
    await sleep(20);
  }
}

async function attempt(kind: string, request: () => Promise<Response>): Promise<void> {
  const began = Date.now();
  try {
    const response = await request();
    await response.arrayBuffer();
    note(`${kind} ${response.status}`);
    if (response.status !== 200) problem(`${kind} was answered with ${response.status}`, began);
  } catch (error) {
    note(`${kind} broken off`);
    problem(`${kind}: ${error instanceof Error ? error.message : String(error)}`, began);
    await sleep(50);
  }
}

// What a killed process has served is lost, and is not to be counted against the others.
function problem(text: string, began: number): void {
  if (began - killedAt < AFTERMATH || (killedAt > began && killedAt <= Date.now()))
    return note('lost with a killed process');
  problems.push(`${new Date().toISOString()} ${text}`);
}

/** Clients that leave in the middle of a request's body, and of an answer's. */
async function leaveEarly(): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    const text =
      round % 2 === 0
        ? 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf'
        : 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n';
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(text);
    socket.resume();
    await sleep(30);
    socket.destroy();
    note('left early');
  }
}

async function comeAndGo(): Promise<void> {
  while (!isOver()) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    socket.addEventListener('open', () => socket.send('hello'));
    await new Promise((resolve) => {
      socket.addEventListener('message', resolve);
      socket.addEventListener('close', resolve);
    });
    note('WebSocket came and went');
    socket.close();
    await sleep(20);
  }
}

/** Opens a WebSocket again whenever it is closed, and asks over it once a second. */
async function keepSocket(): Promise<void> {
  while (!isOver()) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const closed = new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve());
    });
    socket.addEventListener('message', () => note('WebSocket echo'));
    const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('x'), 1000);
    await Promise.race([closed, sleep(Math.max(0, end - Date.now()))]);
    clearInterval(timer);
    if (isOver()) socket.close();
    else note('WebSocket closed');
    await sleep(100);
  }
}

/** One backend at a time is away for a while. */
async function flap(): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    await sleep(FLAP);
    const one = origins[round % origins.length];
    one?.stop();
    note('backend stopped');
    await sleep(2000);
    one?.start();
  }
}

function reload(round: number): void {
  const isBroken = round % 4 === 3;
  writeFileSync(file, isBroken ? 'tenants: [ { name: broken' : configuration(round));
  process.kill(gateway.pid, 'SIGHUP');
  note(isBroken ? 'reload of a broken file' : 'reload');
}

function killOne({ pid }: Child): void {
  const workers = partsOf(pid).filter(({ name }) => name === WORKER);
  const victim = workers[Math.floor(Math.random() * workers.length)];
  if (victim === undefined) return;
  killedAt = Date.now();
  process.kill(victim.pid, 'SIGKILL');
  note('worker killed');
}

async function readAdmin(): Promise<void> {
  for (const path of ['tenants', 'events', 'health', 'connections', 'recent']) {
    const response = await fetch(`http://127.0.0.1:${admin}/${path}`).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status !== 200) problems.push(`the admin API did not answer ${path}`);
  }
}

function sample({ pid }: Child): Sample {
  const parts = partsOf(pid);
  const pids = [pid, ...parts.map((part) => part.pid).filter((part) => part !== pid)];
  return {
    at: Date.now(),
    memory: sum(pids, (one) => fieldOf(`/proc/${one}/smaps_rollup`, 'Pss') * 1024),
    descriptors: sum(pids, (one) => numberIn(`/proc/${one}/fd`)),
    threads: sum(pids, (one) => fieldOf(`/proc/${one}/status`, 'Threads')),
  };
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}

// 0 where a process has just ended.
function fieldOf(path: string, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function numberIn(directory: string): number {
  try {
    return readdirSync(directory).length;
  } catch {
    return 0;
  }
}

function note(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function configuration(round: number): string {
  const services = origins.map(
    ({ port: at }, name) => `      - { name: o${name}, url: "http://127.0.0.1:${at}", health: /1k }`,
  );
  const more = Array.from(
    { length: round % 5 },
    (_, at) =>
      `  - { name: more-${round}-${at}, domains: [m${at}.test], services: [{ name: a, url: "http://127.0.0.1:${origins[0]?.port ?? 0}" }] }\n`,
  );
  return `admin: { address: "127.0.0.1:${admin}" }
supervise: { max_deaths: 100000 }
tenants:
  - name: main
    path_prefix: "/"
    health_check: { interval: 500ms }
    timeouts: { queue: ${5 + (round % 3)}s }
    services:
${services.join('\n')}
${more.join('')}`;
}

type Origin = { readonly port: number; readonly start: () => void; readonly stop: () => void };

function origin(): Origin {
  const page = 'x'.repeat(BODY);
  const large = new Uint8Array(LARGE);
  const serve = (at: number): Bun.Server<undefined> =>
    Bun.serve({
      port: at,
      hostname: '127.0.0.1',
      async fetch(request, server) {
        const { pathname } = new URL(request.url);
        if (pathname === '/ws' && server.upgrade(request)) return undefined;
        if (pathname === '/large') return new Response(large);
        return pathname === '/echo' ? new Response(await request.text()) : new Response(page);
      },
      websocket: { message: (socket, message) => void socket.send(message) },
    });
  let server: Bun.Server<undefined> | null = serve(0);
  const at = server.port ?? 0;
  return {
    port: at,
    start: () => {
      server ??= serve(at);
    },
    stop: () => {
      void server?.stop(true);
      server = null;
    },
  };
}

function report(): void {
  const rows = [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => [what, String(count)]);
  console.log(markdownTable(['what', 'how often'], rows).join('\n'));
  const quarters = [1, 3].map((quarter) => quarterOf(quarter));
  const [early, late] = quarters.map((part) => ({
    memory: middle(part.map(({ memory }) => memory)),
    descriptors: middle(part.map(({ descriptors }) => descriptors)),
    threads: middle(part.map(({ threads }) => threads)),
  }));
  if (early === undefined || late === undefined) throw new Error('there are no samples');
  const mebibytes = (value: number): string => `${(value / 1024 / 1024).toFixed(1)} MiB`;
  console.log(
    `\nsecond quarter: ${mebibytes(early.memory)}, ${early.descriptors} descriptors, ${early.threads} threads`,
  );
  console.log(`last quarter:   ${mebibytes(late.memory)}, ${late.descriptors} descriptors, ${late.threads} threads`);
  if (late.memory > early.memory * (1 + MEMORY_SHARE) + MEMORY_MORE) problems.push('memory grows');
  if (late.descriptors > early.descriptors + DESCRIPTORS_MORE) problems.push('descriptors grow');
  if (late.threads > early.threads + 2) problems.push('threads grow');
  for (const line of problems.slice(0, 20)) console.log(line);
  console.log(problems.length === 0 ? 'flat, and nothing lost' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function quarterOf(quarter: number): readonly Sample[] {
  return samples.slice(Math.floor((samples.length * quarter) / 4), Math.floor((samples.length * (quarter + 1)) / 4));
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
