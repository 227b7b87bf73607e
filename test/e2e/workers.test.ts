// A gateway of several processes, some of which end or hang.
import { describe, expect, test } from 'bun:test';
import { pathTenant } from '../support/yaml.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

const TWO = { KEYSTONE_TEST_WORKERS: '2' };
// The system spreads connections by a hash: with so many each of two workers has some.
const MANY = 40;

/** The two workers and the spare one. */
async function workersOf(gateway: GatewayProcess): Promise<readonly number[]> {
  let workers: readonly number[] = [];
  await until(async () => (workers = await childrenOf(gateway.pid)).length === 3, 'all workers have started');
  return workers;
}

/** Asks over many connections of their own. */
async function statuses({ url }: GatewayProcess): Promise<ReadonlySet<number>> {
  const answers = Array.from({ length: MANY }, () => fetch(url, { headers: { connection: 'close' } }));
  return new Set((await Promise.all(answers)).map(({ status }) => status));
}

async function kinds(gateway: GatewayProcess): Promise<readonly string[]> {
  const { events } = (await (await fetch(`${gateway.admin}/events`)).json()) as { events: { kind: string }[] };
  return events.map(({ kind }) => kind);
}

describe.if(process.platform === 'linux')('a worker', () => {
  test('that is killed is replaced, and its death is an event', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]), TWO);
    const [first = 0] = await workersOf(gateway);
    process.kill(first, 'SIGKILL');
    await until(async () => (await kinds(gateway)).includes('worker_replaced'), 'another serves its slot');
    expect(await statuses(gateway)).toEqual(new Set([200]));
    expect(await kinds(gateway)).toContain('worker_ended');
  });

  test('that is stopped is helped out by another, and ended when it does not go on', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]), TWO);
    const [first = 0] = await workersOf(gateway);
    process.kill(first, 'SIGSTOP');
    expect(await statuses(gateway)).toEqual(new Set([200]));
    expect(await isAlive(first)).toBe(true);
    await until(async () => !(await isAlive(first)), 'it is ended');
    expect((await kinds(gateway)).filter((kind) => kind === 'worker_hung')).toEqual(['worker_hung']);
    expect(await statuses(gateway)).toEqual(new Set([200]));
  });

  test('whose helper dies has its clients still when it goes on', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]), TWO);
    const [first = 0, , spare = 0] = await workersOf(gateway);
    process.kill(first, 'SIGSTOP');
    expect(await statuses(gateway)).toEqual(new Set([200]));
    process.kill(spare, 'SIGKILL');
    await until(async () => (await kinds(gateway)).includes('worker_ended'), 'the helper is missed');
    process.kill(first, 'SIGCONT');
    expect(await statuses(gateway)).toEqual(new Set([200]));
    // Its slot was never without a worker, so nobody has taken its place.
    expect(await kinds(gateway)).not.toContain('worker_replaced');
  });
});
