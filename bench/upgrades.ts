// Upgrades a gateway again and again while wrk loads it, and counts the requests that fail.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWrk } from '../test/support/wrk.ts';
import { waitUntilServing } from './lib/network.ts';
import { freePort } from '../test/support/ports.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:upgrades -- [options]

  --upgrades N       for each load, default 20
  --workers LIST     numbers of serving processes, default 1,2
  --output DIR       where upgrades.md goes, default bench/results`;

const LOADS = [
  { name: '50 connections that are kept', connections: 50, header: null },
  { name: '400 connections, a new one for each request', connections: 400, header: 'Connection: close' },
] as const;
const PROGRAM = resolve(import.meta.dir, '../bin/keystone');
const BODY = 1024;
const BETWEEN = 300;
const LONGEST_LOAD = 3600;

type Load = (typeof LOADS)[number];

const words = readWords(USAGE, { upgrades: '20', workers: '1,2' });
const rows: string[][] = [];
for (const workers of words.list('workers'))
  for (const load of LOADS) {
    const row = await measure(load, workers, words.count('upgrades'));
    console.log(row.join(' | '));
    rows.push(row);
  }
const head = ['workers', 'load', 'upgrades', 'requests', 'failed', 'longest upgrade, ms'];
const report = ['# Upgrades under load', '', ...markdownTable(head, rows), ''].join('\n');
mkdirSync(words.of('output'), { recursive: true });
writeFileSync(join(words.of('output'), 'upgrades.md'), report);
process.exitCode = rows.every(([, , , , failed]) => failed === '0') ? 0 : 1;

async function measure({ name, connections, header }: Load, workers: string, upgrades: number): Promise<string[]> {
  await using stage = openStage();
  const { ports } = await startOrigins(stage, { kind: null, core: null });
  const [port, admin] = [freePort(), freePort()];
  const file = join(stage.directory, 'keystone.yaml');
  const pidFile = join(stage.directory, 'pid');
  writeFileSync(file, configuration(ports, admin));
  const argv = [PROGRAM, 'run', '-c', file, '--addr', `127.0.0.1:${port}`, '--workers', workers, '--pid-file', pidFile];
  const environment = { XDG_STATE_HOME: stage.directory };
  const first = stage.start({ argv, core: null, environment });
  const url = `http://127.0.0.1:${port}/1k`;
  await waitUntilServing(first, url, BODY);
  const load = startWrk(url, { connections, seconds: LONGEST_LOAD, header });
  const times: number[] = [];
  for (let round = 0; round < upgrades; round++) {
    await sleep(BETWEEN);
    times.push(await upgrade(`http://127.0.0.1:${admin}/upgrade`));
  }
  await sleep(BETWEEN);
  const { requests, socketErrors, badStatuses } = await load.end();
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  const failed = socketErrors + badStatuses;
  return [workers, name, `${times.length}`, `${requests}`, `${failed}`, `${Math.round(Math.max(...times))}`];
}

/** Returns how long it took, in milliseconds. */
async function upgrade(url: string): Promise<number> {
  const start = performance.now();
  const outcome: unknown = await (await fetch(url, { method: 'POST', keepalive: false })).json();
  const text = JSON.stringify(outcome);
  if (!text.includes('"upgraded"')) throw new Error(text);
  return performance.now() - start;
}

function configuration(origins: readonly number[], admin: number): string {
  const services = origins.map((port, at) => `      - { name: o${at}, url: "http://127.0.0.1:${port}" }\n`).join('');
  return `admin: { address: "127.0.0.1:${admin}" }\ntenants:\n  - name: main\n    path_prefix: /\n    services:\n${services}`;
}
