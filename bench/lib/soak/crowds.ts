// Crowds that come and go: connections that do nothing, WebSockets that all talk, and reloads one after the other. Each tells
// how much memory the gateway has before, with the crowd, and when it is gone.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { IdleClients } from '../idle-clients.ts';
import { Connection, requestOf } from './connection.ts';
import type { SoakGateway } from './gateway.ts';
import { isOpened, openWebSocket, textMessage } from './web-socket.ts';

/** Bytes of all processes of the gateway together. */
export type Crowd = {
  readonly what: string;
  readonly before: number;
  readonly most: number;
  readonly after: number;
  /** Of descriptors, in the same three moments. */
  readonly descriptors: readonly [number, number, number];
  readonly failed: number;
};

export type Look = () => { readonly share: number; readonly descriptors: number };

const AT_ONCE = 100;
const SETTLE = 4000;
const LONGEST_REST = 60_000;
/** What may be more after a crowd than before: code that was compiled for it, and connections to backends. */
export const CROWD_MORE = 60 * 1024 * 1024;
export const DESCRIPTORS_MORE = 20;
const MESSAGE = textMessage('hello');
const ROUNDS = 5;
const LONGEST_ECHO = 20_000;
const CLIENTS = 16;
// Of the descriptors that this process may have, for everything else.
const SPARE = 500;

/** So many connections as the limit allows; each asks once, and then is idle. */
export async function idleCrowd(gateway: SoakGateway, count: number, look: Look): Promise<Crowd> {
  const size = Math.min(count, descriptorLimit() - SPARE);
  const before = look();
  const clients = await IdleClients.open(`http://127.0.0.1:${gateway.ports.main}/1k`, size);
  await clients.askOnce();
  await sleep(SETTLE);
  const most = look();
  const failed = clients.lost;
  clients[Symbol.dispose]();
  return ended(`${size} idle connections`, { before, most, failed }, look);
}

/** So many WebSockets, over each of which messages go there and back. */
export async function webSocketCrowd(gateway: SoakGateway, count: number, look: Look): Promise<Crowd> {
  const before = look();
  const echoes = { heard: 0 };
  const sockets = Array.from({ length: count }, () => new Connection(gateway.ports.main, () => void echoes.heard++));
  let failed = 0;
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = sockets.slice(from, from + AT_ONCE);
    const outcomes = await Promise.all(some.map((socket) => openWebSocket(socket, '/steady/ws')));
    failed += outcomes.filter((outcome) => !isOpened(outcome)).length;
  }
  for (let round = 1; round <= ROUNDS; round++) {
    for (const socket of sockets) socket.write(MESSAGE);
    await allHeard(echoes, round * count);
  }
  const most = look();
  failed += ROUNDS * count - echoes.heard;
  for (const socket of sockets) socket[Symbol.dispose]();
  return ended(`${count} WebSockets, ${ROUNDS} messages over each`, { before, most, failed }, look);
}

async function allHeard(echoes: { readonly heard: number }, count: number): Promise<void> {
  const end = performance.now() + LONGEST_ECHO;
  while (echoes.heard < count && performance.now() < end) await sleep(100);
}

/** So many reloads, each of which changes something, while clients ask. */
export async function reloadCrowd(gateway: SoakGateway, count: number, look: Look): Promise<Crowd> {
  const before = look();
  const state = { failed: 0, asked: 0, isOver: false };
  const clients = Array.from({ length: CLIENTS }, () => askUntilOver(gateway, state));
  for (let round = 1; round <= count; round++) {
    const outcome = await gateway.reload(round);
    if (outcome !== 'reloaded') state.failed++;
  }
  const most = look();
  state.isOver = true;
  await Promise.all(clients);
  await gateway.reload(0);
  return ended(`${count} reloads during ${state.asked} requests`, { before, most, failed: state.failed }, look);
}

async function askUntilOver(
  gateway: SoakGateway,
  state: { failed: number; asked: number; readonly isOver: boolean },
): Promise<void> {
  using connection = new Connection(gateway.ports.main);
  await connection.open();
  const request = requestOf('GET', '/1k');
  while (!state.isOver) {
    // Nobody but the gateway could have closed it.
    if (!connection.isOpen) state.failed++;
    const outcome = await connection.ask(request);
    state.asked++;
    if (outcome.kind === 'broken' || outcome.status !== 200) state.failed++;
  }
}

type Ended = { readonly before: ReturnType<Look>; readonly most: ReturnType<Look>; readonly failed: number };

async function ended(what: string, { before, most, failed }: Ended, look: Look): Promise<Crowd> {
  const after = await settled(before, look);
  return {
    what,
    before: before.share,
    most: most.share,
    after: after.share,
    descriptors: [before.descriptors, most.descriptors, after.descriptors],
    failed,
  };
}

// What nobody uses any more is given back by the next collection of the heap, which comes in its own time.
async function settled(before: ReturnType<Look>, look: Look): Promise<ReturnType<Look>> {
  let after = look();
  for (let rested = 0; rested < LONGEST_REST; rested += SETTLE) {
    await sleep(SETTLE);
    after = look();
    if (after.share <= before.share + CROWD_MORE && after.descriptors <= before.descriptors + DESCRIPTORS_MORE) break;
  }
  return after;
}

function descriptorLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? 1_000_000 : Number(limit);
}
