// Clients, operators and backends that let nothing stay as it is.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Outcome, requestOf } from './connection.ts';
import type { Ports, SoakGateway } from './gateway.ts';
import type { Failed, Ledger } from './ledger.ts';
import type { Origin } from './origin.ts';
import { isOpened, openWebSocket, textMessage } from './web-socket.ts';

export type ChurnOptions = {
  /** In seconds. */
  readonly reload: number;
  readonly kill: number;
  /** WebSockets that stay open. */
  readonly sockets: number;
};

export type Scene = {
  readonly gateway: SoakGateway;
  readonly ledger: Ledger;
  readonly origins: readonly Origin[];
  readonly options: ChurnOptions;
  readonly isOver: () => boolean;
  /** Nobody asks for a while, so that what is left over can be seen. */
  readonly isResting: () => boolean;
};

type Named = Pick<Failed, 'what' | 'isRepeatable'>;
type Asked = Named & {
  readonly request: string;
  readonly isKept: boolean;
  readonly clients: number;
  readonly pause: number;
};

const LONG = 'x'.repeat(20_000);
const ASKED: readonly Asked[] = [
  { what: 'GET', request: requestOf('GET', '/1k'), isRepeatable: true, isKept: true, clients: 8, pause: 1 },
  {
    what: 'GET over a new connection',
    request: requestOf('GET', '/1k', { fields: 'Connection: close\r\n' }),
    isRepeatable: true,
    isKept: false,
    clients: 4,
    pause: 10,
  },
  {
    what: 'PUT of 20 kB',
    request: requestOf('PUT', '/echo', { body: LONG }),
    isRepeatable: true,
    isKept: true,
    clients: 2,
    pause: 20,
  },
  {
    what: 'POST of 20 kB',
    request: requestOf('POST', '/echo', { body: LONG }),
    isRepeatable: false,
    isKept: true,
    clients: 2,
    pause: 20,
  },
  {
    what: 'GET of 4 MiB',
    request: requestOf('GET', '/large'),
    isRepeatable: true,
    isKept: true,
    clients: 1,
    pause: 200,
  },
];
const HALVES = [
  'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf',
  'GET /large HTTP/1.1\r\nHost: x\r\n\r\n',
];
const READ = ['tenants', 'events', 'health', 'connections', 'recent'];
const FLAP = { pause: 5000, gone: 2000 };
// So long after a backend has gone away a request may still be sent to it over a connection whose end is on its way.
const LAST_SEND = 300;
const HANDSHAKE: Named = { what: 'WebSocket', isRepeatable: true };
const MESSAGE = textMessage('hello');

/** When the process was killed that served the client at a port. */
type Killed = Map<number, number>;

/** Keeps everything moving until it is over. */
export async function churn(scene: Scene): Promise<void> {
  const { options } = scene;
  const killed: Killed = new Map();
  await Promise.all([
    ...ASKED.flatMap((asked) => Array.from({ length: asked.clients }, () => ask(asked, scene, killed))),
    ...Array.from({ length: options.sockets }, () => keepSocket(scene, killed)),
    leaveEarly(scene),
    comeAndGo(scene, killed),
    flap(scene),
    every(options.reload * 1000, scene, (round) => reload(round, scene)),
    every(options.kill * 1000, scene, () => killOne(scene, killed)),
    every(1000, scene, () => readAdmin(scene)),
  ]);
}

/** A configuration like this one: what `round` changes is tenants, backends, weights, limits, times and listeners. */
export function churnConfiguration(
  origins: readonly number[],
  steady: number,
): (round: number, ports: Ports) => string {
  const backend = (name: string, port: number, more = ''): string =>
    `      - { name: ${name}, url: "http://127.0.0.1:${port}"${more} }\n`;
  return (round, { main, admin, spare }) => {
    const some = round % 6 === 5 ? origins.slice(1) : origins;
    const services = some.map((port, at) =>
      backend(`o${port}`, port, `, health: /1k, weight: ${1 + ((round + at) % 2)}`),
    );
    const more = Array.from(
      { length: round % 5 },
      (_, at) =>
        `  - name: more-${round}-${at}\n    domains: [m${at}.test]\n    services:\n${backend('a', origins[0])}`,
    );
    const another = round % 3 === 1 ? `  - { address: "127.0.0.1:${spare[round % spare.length]}" }\n` : '';
    return `listeners:
  - { address: "127.0.0.1:${main}" }
${another}admin: { address: "127.0.0.1:${admin}" }
limits: { connections: 20000 }
timeouts: { header: 2m, keep_alive: 10m, queue: ${5 + (round % 3)}s }
tenants:
  - name: main
    path_prefix: "/"
    health_check: { interval: 500ms }
    pool: { idle_timeout: 5s }
    services:
${services.join('')}  - name: steady
    path_prefix: "/steady/"
    compression: { enabled: true, min_bytes: ${1000 + (round % 7)}B }
    services:
${backend('a', steady)}${more.join('')}`;
  };
}

/** False: it is over. */
async function goesOn({ isOver, isResting }: Scene): Promise<boolean> {
  while (isResting() && !isOver()) await sleep(250);
  return !isOver();
}

// Another connection may have had the port before.
function isLost({ localPort, openedAt }: Connection, killed: Killed): boolean {
  return (killed.get(localPort) ?? Number.NEGATIVE_INFINITY) >= openedAt;
}

async function every(pause: number, scene: Scene, act: (round: number) => unknown): Promise<void> {
  for (let round = 1; !scene.isOver(); round++) {
    for (let rested = 0; rested < pause && !scene.isOver(); rested += 250) await sleep(250);
    if (await goesOn(scene)) await act(round);
  }
}

/** Sends a request again and again. */
async function ask(asked: Asked, scene: Scene, killed: Killed): Promise<void> {
  const { gateway, ledger } = scene;
  const { what, request, isKept, pause } = asked;
  let connection = new Connection(gateway.ports.main);
  while (await goesOn(scene)) {
    if (!isKept || !connection.isOpen) {
      connection[Symbol.dispose]();
      connection = new Connection(gateway.ports.main);
      await connection.open();
    }
    const began = performance.now();
    const outcome = await connection.ask(request);
    if (outcome.kind === 'answered' && outcome.status === 200) ledger.count(what);
    else failed(asked, { outcome, began, wasKilled: isLost(connection, killed) }, scene);
    await sleep(pause);
  }
  connection[Symbol.dispose]();
}

type Failure = { readonly outcome: Outcome; readonly began: number; readonly wasKilled: boolean };

function failed(asked: Named, { outcome, began, wasKilled }: Failure, { origins, ledger }: Scene): void {
  const lostAt = Math.max(...origins.map((origin) => origin.lostAt));
  ledger.failed({ ...asked, outcome, wasKilled, wasBackendLost: lostAt + LAST_SEND >= began });
}

/** Clients that leave in the middle of a request's body, and of an answer's. */
async function leaveEarly(scene: Scene): Promise<void> {
  const { gateway, ledger } = scene;
  for (let round = 0; await goesOn(scene); round++) {
    const connection = new Connection(gateway.ports.main);
    if (await connection.open()) connection.write(HALVES[round % HALVES.length]);
    await sleep(30);
    connection[Symbol.dispose]();
    ledger.count('left early');
  }
}

/** WebSockets to backends that go away now and then. */
async function comeAndGo(scene: Scene, killed: Killed): Promise<void> {
  const { gateway, ledger } = scene;
  while (await goesOn(scene)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const connection = new Connection(gateway.ports.main, resolve);
    const began = performance.now();
    const outcome = await openWebSocket(connection, '/ws');
    if (isOpened(outcome)) {
      ledger.count('WebSocket came and went');
      connection.write(MESSAGE);
      await Promise.race([promise, sleep(1000)]);
    } else failed(HANDSHAKE, { outcome, began, wasKilled: isLost(connection, killed) }, scene);
    connection[Symbol.dispose]();
    await sleep(20);
  }
}

/** A WebSocket that stays for as long as the process lives that serves it. */
async function keepSocket(scene: Scene, killed: Killed): Promise<void> {
  const { gateway, ledger, isOver } = scene;
  while (!isOver()) {
    const connection = new Connection(gateway.ports.main, () => ledger.count('WebSocket message'));
    const began = performance.now();
    const outcome = await openWebSocket(connection, '/steady/ws');
    while (connection.isOpen && !isOver()) {
      connection.write(MESSAGE);
      await sleep(1000);
    }
    const wasKilled = isLost(connection, killed);
    if (!isOpened(outcome)) failed(HANDSHAKE, { outcome, began, wasKilled }, scene);
    else if (wasKilled) ledger.count('WebSocket lost with a killed worker');
    else if (!isOver()) ledger.complain('a WebSocket was closed');
    connection[Symbol.dispose]();
    await sleep(100);
  }
}

/** One backend at a time is away for a while. */
async function flap(scene: Scene): Promise<void> {
  const { origins, ledger } = scene;
  for (let round = 0; await goesOn(scene); round++) {
    await sleep(FLAP.pause);
    const origin = origins[round % origins.length];
    await origin.stop();
    ledger.count('backend stopped');
    await sleep(FLAP.gone);
    origin.start();
  }
}

async function reload(round: number, { gateway, ledger }: Scene): Promise<void> {
  const isBroken = round % 4 === 3;
  const outcome = await (isBroken ? gateway.reloadBroken() : gateway.reload(round)).catch(String);
  ledger.count(`reload: ${outcome}`);
  if (outcome !== (isBroken ? 'refused' : 'reloaded')) ledger.complain(`a reload ended with ${outcome}`);
}

function killOne({ gateway, ledger }: Scene, killed: Killed): void {
  const mortal = gateway.workers.filter((pid) => pid !== gateway.eldest);
  const victim = mortal[Math.floor(Math.random() * mortal.length)];
  if (victim === undefined) return;
  const now = performance.now();
  for (const port of gateway.kill(victim)) killed.set(port, now);
  ledger.count('worker killed');
}

async function readAdmin({ gateway, ledger }: Scene): Promise<void> {
  for (const path of READ) {
    const response = await fetch(gateway.admin(path)).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status !== 200)
      ledger.complain(`the admin API answered ${path} with ${response?.status ?? 'nothing'}`);
    ledger.count('admin API');
  }
}
