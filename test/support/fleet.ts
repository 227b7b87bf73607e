// A gateway of several processes, and a look at them from outside.
import { mkdtemp, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsOf } from './admin.ts';
import { GatewayProcess } from './gateway-process.ts';
import { childrenOf, isAlive } from './processes.ts';
import { until } from './until.ts';

const SETTINGS = 'public_details: true\nadmin: { address: "127.0.0.1:0" }\n';

/** Starts it, with so many processes that serve, and a spare one. Port 0: one that the system chooses. `launcher`: words
 * before the command. */
export async function startFleet(
  yaml: string,
  workers: number,
  { port = 0, launcher = [] }: { readonly port?: number; readonly launcher?: readonly string[] } = {},
): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const settings = /^admin:/m.test(yaml) ? '' : SETTINGS;
  await writeFile(join(directory, 'keystone.yaml'), `${settings}log: { format: text }\n${yaml}`);
  const words = ['--config', 'keystone.yaml', '--addr', `127.0.0.1:${port}`, '--workers', String(workers)];
  return GatewayProcess.startIn(directory, words, {}, { launcher });
}

/** The workers of a gateway, the spare one included. */
export async function workersOf({ pid }: Pick<GatewayProcess, 'pid'>): Promise<readonly number[]> {
  const children = await childrenOf(pid);
  const names = await Promise.all(children.map((child) => textOf(`/proc/${child}/comm`)));
  return children.filter((_, at) => names[at]?.startsWith('keystone worker') === true);
}

/** Those of them that accept clients at its port. */
export async function servingOf(gateway: Pick<GatewayProcess, 'pid' | 'port'>): Promise<readonly number[]> {
  const listening = new Set((await socketsAt(gateway.port)).filter(({ state }) => state === LISTEN).map(inodeOf));
  const workers = await workersOf(gateway);
  const counts = await Promise.all(
    workers.map(async (pid) => (await inodesOf(pid)).filter((one) => listening.has(one))),
  );
  return workers.filter((_, at) => (counts[at]?.length ?? 0) > 0);
}

/** How many connections of clients each process has. */
export async function connectionsOf(port: number, pids: readonly number[]): Promise<readonly number[]> {
  const open = new Set((await socketsAt(port)).filter(({ state }) => state === ESTABLISHED).map(inodeOf));
  return Promise.all(pids.map(async (pid) => (await inodesOf(pid)).filter((one) => open.has(one)).length));
}

/** Waits until so many processes accept clients, and another one is ready. */
export async function untilWhole(gateway: GatewayProcess, workers: number): Promise<void> {
  await until(
    async () => (await servingOf(gateway)).length === workers && (await workersOf(gateway)).length > workers,
    `${workers} processes serve`,
  );
}

/** The details of its events of that kind. */
export async function detailsOf(gateway: GatewayProcess, kind: string): Promise<readonly string[]> {
  return (await eventsOf(gateway)).filter((event) => event.kind === kind).map(({ detail }) => detail);
}

export async function untilGone(pids: readonly number[], what: string): Promise<void> {
  await until(async () => !(await Promise.all(pids.map(isAlive))).includes(true), what);
}

const ESTABLISHED = '01';
const LISTEN = '0A';

type SystemSocket = { readonly state: string; readonly inode: string };

function inodeOf({ inode }: SystemSocket): string {
  return inode;
}

// The sockets of this machine that have a port (proc(5)).
async function socketsAt(port: number): Promise<readonly SystemSocket[]> {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await textOf('/proc/net/tcp')).split('\n').map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([, local]) => local?.endsWith(end) === true)
    .map(([, , , state = '', , , , , , inode = '']) => ({ state, inode }));
}

async function inodesOf(pid: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
