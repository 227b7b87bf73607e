// The past of the traffic and of the events on disk, with the real program.
import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, eventsOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { SmallDisk, canMount } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

type Series = { readonly requests: readonly (number | null)[] };

/** The requests of all steps together. */
async function requestsOf(gateway: GatewayProcess, query: string): Promise<number> {
  const response = await fetch(`${gateway.admin}/series?${query}`);
  const { requests } = (await response.json()) as Series;
  return requests.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

async function serve(gateway: GatewayProcess, count: number): Promise<void> {
  await untilEligible(gateway, 1);
  // Each by a connection of its own: what a process that is replaced still answers is in no past.
  for (let request = 0; request < count; request++)
    expect((await fetch(gateway.url, { keepalive: false })).status).toBe(200);
}

function pathOf({ directory }: GatewayProcess): string {
  const [name = ''] = readdirSync(join(directory, 'keystone'));
  return join(directory, 'keystone', name, 'past.sqlite');
}

/** Waits until it has opened its file for the so manieth time. */
function untilOpen(gateway: GatewayProcess, times = 1): Promise<void> {
  return until(() => gateway.errors.split('the past is kept').length > times, 'the file is open');
}

function untilRequests(gateway: GatewayProcess, query: string, count: number): Promise<void> {
  return until(async () => (await requestsOf(gateway, query)) === count, `${query} has ${count} requests`, 20_000);
}

test.concurrent('a restart shows the traffic and the events of before, of the gateway and of a tenant', async () => {
  using origin = new Origin('a');
  await using first = await GatewayProcess.start(pathTenant('/', [origin]));
  await untilOpen(first);
  await serve(first, 25);
  await command(first, 'a', 'weight?weight=5');
  const before = await eventsOf(first);
  await using second = await first.restart('SIGTERM');
  await untilOpen(second);
  await untilEligible(second, 1);
  await command(second, 'a', 'weight?weight=7');
  for (const query of ['range=1h', 'range=15m&tenant=main', 'range=24h&step=10s', 'range=24h&step=10s&tenant=main'])
    await untilRequests(second, query, 25);
  const after = await eventsOf(second);
  expect(after.slice(0, before.length)).toEqual(before);
  const latest = before.at(-1)?.number ?? 0;
  const response = await fetch(`${second.admin}/events?after=${latest - 1}`);
  const { events } = (await response.json()) as { events: readonly { readonly number: number }[] };
  expect(events.slice(0, 2).map(({ number }) => number)).toEqual([latest, latest + 1]);
});

test.concurrent('what was kept before a kill is there, and at most the step that went on is lost', async () => {
  using origin = new Origin('a');
  await using first = await GatewayProcess.start(pathTenant('/', [origin]));
  await untilOpen(first);
  await serve(first, 10);
  const events = (await eventsOf(first)).length;
  await untilRequests(first, 'range=15m&tenant=main', 10);
  // By the time that the next step is over, that one is on disk.
  const known = await stepsOf(first);
  await until(async () => (await stepsOf(first)) > known, 'the next step is over', 20_000);
  await using second = await first.crash();
  await untilOpen(second);
  await untilRequests(second, 'range=15m&tenant=main', 10);
  await untilRequests(second, 'range=15m', 10);
  expect((await eventsOf(second)).length).toBeGreaterThanOrEqual(events);
});

async function stepsOf(gateway: GatewayProcess): Promise<number> {
  const { requests } = (await (await fetch(`${gateway.admin}/series?range=15m`)).json()) as Series;
  return requests.filter((count) => count !== null).length;
}

const DAMAGES: readonly (readonly [string, (path: string) => void])[] = [
  ['truncated', (path) => truncateSync(path, Math.floor(statSync(path).size / 2) - 100)],
  ['garbage', (path) => writeFileSync(path, 'no file of ours '.repeat(5000))],
  ['of a later version', (path) => change(path, 'PRAGMA user_version = 99')],
];

function change(path: string, sql: string): void {
  const db = new Database(path);
  db.run(sql);
  db.close();
}

test.concurrent.each(DAMAGES)(
  'a file that is %s is set aside with a warning, and the gateway serves',
  async (_, damage) => {
    using origin = new Origin('a');
    await using first = await GatewayProcess.start(pathTenant('/', [origin]));
    await untilOpen(first);
    await serve(first, 1);
    first.signal('SIGTERM');
    await first.exited;
    const path = pathOf(first);
    damage(path);
    await using second = await first.restart('SIGTERM');
    await untilOpen(second);
    await serve(second, 3);
    expect(second.errors).toMatch(/ warn msg="the file of the past cannot be used: another is begun" .*past\.sqlite/);
    expect(existsSync(`${path}.aside`)).toBe(true);
    await untilRequests(second, 'range=15m', 3);
  },
);

test.concurrent('a file that another process has locked is set aside', async () => {
  using origin = new Origin('a');
  await using first = await GatewayProcess.start(pathTenant('/', [origin]));
  await untilOpen(first);
  first.signal('SIGTERM');
  await first.exited;
  const other = new Database(pathOf(first));
  other.run('PRAGMA locking_mode = EXCLUSIVE');
  other.run('BEGIN EXCLUSIVE');
  await using second = await first.restart('SIGTERM');
  await untilOpen(second);
  await serve(second, 2);
  expect(second.errors).toContain('reason="another process uses it"');
  other.run('COMMIT');
  other.close();
});

test.concurrent('an upgrade goes on with the file, and has what both processes have served', async () => {
  using origin = new Origin('a');
  await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
  await untilOpen(gateway);
  await serve(gateway, 5);
  expect(await gateway.upgrade()).toMatchObject({ kind: 'upgraded' });
  await untilOpen(gateway, 2);
  await serve(gateway, 4);
  await untilRequests(gateway, 'range=15m&tenant=main', 9);
  expect(gateway.errors).not.toContain('cannot be used');
  expect((await eventsOf(gateway)).map(({ kind }) => kind)).toContain('upgraded');
});

test.concurrent('without a state directory, or with history.max_size 0, nothing is kept, and the past is that of the process', async () => {
  using origin = new Origin('a');
  for (const setting of ['state_dir: none\n', 'history: { max_size: 0 }\n']) {
    await using gateway = await GatewayProcess.start(`${setting}${pathTenant('/', [origin])}`);
    await serve(gateway, 2);
    await untilRequests(gateway, 'range=15m&tenant=main', 2);
    expect(gateway.errors).not.toContain('the past is kept');
    if (setting.startsWith('history')) expect(existsSync(pathOf(gateway))).toBe(false);
  }
});

test.concurrent.skipIf(!canMount())(
  'a full disk costs the past, and no request; it goes on when there is room again',
  async () => {
    using disk = new SmallDisk(1024);
    using origin = new Origin('a');
    await using first = await GatewayProcess.start(`state_dir: ${disk.path}\n${pathTenant('/', [origin])}`);
    await untilOpen(first);
    disk.fill();
    await serve(first, 3);
    await until(() => first.errors.includes('the past cannot be kept on disk'), 'it says so', 60_000);
    await serve(first, 2);
    await untilRequests(first, 'range=15m', 5);
    expect(first.errors.split('the past cannot be kept on disk')).toHaveLength(2);
    disk.free();
    await serve(first, 4);
    await untilRequests(first, 'range=15m', 9);
    await using second = await first.restart('SIGTERM');
    await untilOpen(second);
    await until(async () => (await requestsOf(second, 'range=15m')) >= 4, 'what came later is there');
  },
  120_000,
);
