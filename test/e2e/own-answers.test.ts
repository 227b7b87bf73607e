// What the gateway answers to strangers itself costs little, however many tenants and backends there are.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { GatewayProcess } from '../support/gateway-process.ts';

const TENANTS = 5000;
const BACKENDS = 2000;
const TIMES = 200;
// Far more than a bounded answer takes on a busy machine, and far less than one that looks at every tenant.
const MOST_MILLIS = 1500;

/** User and system time of a process, in milliseconds. */
async function cpuMillis(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function configuration(): string {
  const check = '{ interval: 60s, fast_interval: 60s, fall: 1 }';
  const services = Array.from(
    { length: BACKENDS },
    (_, n) => `{ name: b${n}, url: "http://127.0.0.1:9/${n}", health: "/" }`,
  );
  const crowd = `  - { name: crowd, path_prefix: /crowd/, health_check: ${check}, services: [${services.join(', ')}] }\n`;
  const tenants = Array.from({ length: TENANTS }, (_, n) => `  - { name: t${n}, path_prefix: "/t${n}/" }\n`);
  return `admin_base_path: /admin\npublic_details: false\ntenants:\n${crowd}${tenants.join('')}`;
}

describe.skipIf(process.platform !== 'linux')('an answer to a stranger', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start(configuration());
  }, 60_000);

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  test.each([
    ['/admin/health', 503, {}],
    ['/admin/nothing', 404, {}],
    ['/admin/tenants', 403, {}],
    ['/nowhere', 404, { accept: 'text/html' }],
    ['/t1', 308, {}],
    ['/crowd/', 503, { accept: 'application/json' }],
  ])('for %s costs no more for many tenants and backends', async (path, status, headers) => {
    const ask = () => fetch(gateway.url + path, { headers, redirect: 'manual' });
    await (await ask()).text();
    const before = await cpuMillis(gateway.pid);
    const statuses = new Set<number>();
    for (let n = 0; n < TIMES; n++) {
      const response = await ask();
      statuses.add(response.status);
      await response.text();
    }
    const spent = (await cpuMillis(gateway.pid)) - before;
    expect([...statuses]).toEqual([status]);
    expect(spent).toBeLessThan(MOST_MILLIS);
  });
});
