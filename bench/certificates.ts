// Measures the cost of many certificates: start, memory, and what it takes until one that has been renewed is shown.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeCertificate } from '../tools/load-test/certificate.ts';
import { cpuTimeOf, type Memory, memoryOf } from './lib/cpu.ts';
import { freePort } from '../test/support/ports.ts';
import { type Child, openStage, type Stage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

type Options = { readonly certificates: readonly number[]; readonly gateway: string; readonly output: string };
type Cost = {
  readonly certificates: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly started: Memory;
  /** When each name has been asked for. */
  readonly asked: Memory;
  /** From the renaming of two files to the first connection that is shown what is in them. */
  readonly renewal: number;
  /** Of all processes meanwhile. */
  readonly renewalCpu: number;
  /** The same with SIGHUP: to the line in the log. */
  readonly reload: number;
  readonly reloadCpu: number;
};

const USAGE = `npm run bench:certificates -- [options]

  --certificates A,B  how many, in one folder; default 1,1000
  --gateway COMMAND   run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR        where certificates.md goes, default bench/results`;

const LONGEST = 60_000;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { certificates: '1,1000' });
  return {
    certificates: words.list('certificates').map(Number),
    gateway: words.of('gateway'),
    output: words.of('output'),
  };
}

async function main(options: Options): Promise<number> {
  const costs: Cost[] = [];
  for (const count of options.certificates) {
    await using stage = openStage();
    costs.push(await measure(count, options.gateway, stage));
  }
  report(costs, options.output);
  return 0;
}

async function measure(count: number, command: string, stage: Stage): Promise<Cost> {
  const folder = join(stage.directory, 'certificates');
  mkdirSync(folder);
  for (let at = 0; at < count; at++) put(folder, at);
  const file = join(stage.directory, 'keystone.yaml');
  const port = freePort();
  writeFileSync(file, configuration(folder));
  const fill = (word: string): string => word.replaceAll('{config}', file).replaceAll('{port}', String(port));
  const began = performance.now();
  const child = stage.start({ argv: command.trim().split(/\s+/).map(fill), core: null });
  await until(child, async () => (await shown(port, nameOf(0))) !== '');
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = cpuTimeOf(child.pid);
  await sleep(3000);
  const started = memoryOf(child.pid);
  for (let at = 0; at < count; at++) await shown(port, nameOf(at));
  const asked = memoryOf(child.pid);
  const before = await shown(port, nameOf(0));
  const renewed = await timed(child, async () => {
    put(folder, 0);
    await until(child, async () => (await shown(port, nameOf(0))) !== before);
  });
  await sleep(3000);
  put(folder, count - 1);
  const reloaded = await timed(child, async () => {
    process.kill(child.pid, 'SIGHUP');
    await until(child, () => Promise.resolve(child.output().includes('configuration reloaded')));
  });
  await child.stop();
  return {
    certificates: count,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    started,
    asked,
    renewal: renewed.seconds,
    renewalCpu: renewed.cpu,
    reload: reloaded.seconds,
    reloadCpu: reloaded.cpu,
  };
}

async function timed(
  child: Child,
  task: () => Promise<void>,
): Promise<{ readonly seconds: number; readonly cpu: number }> {
  const cpuBefore = cpuTimeOf(child.pid);
  const before = performance.now();
  await task();
  const after = cpuTimeOf(child.pid);
  const cpu = (after.user + after.system - cpuBefore.user - cpuBefore.system) / 1e6;
  return { seconds: (performance.now() - before) / 1000, cpu };
}

function put(folder: string, at: number): void {
  const { certificate, key } = makeCertificate({ domains: [nameOf(at)], addresses: [] }, Date.now());
  for (const [end, text] of [
    ['crt', certificate],
    ['key', key],
  ] as const) {
    const file = join(folder, `${at}.${end}`);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}

function nameOf(at: number): string {
  return `site-${at}.example.com`;
}

function configuration(folder: string): string {
  return `admin: { address: none }\ncertificates: [{ folder: "${folder}" }]\ntenants:\n  - name: sites\n    domains: ["*.example.com"]\n    services: []\n`;
}

/** The fingerprint of what a name is shown; empty: nobody answers. */
function shown(port: number, name: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: name, rejectUnauthorized: false }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      resolve(fingerprint256);
    });
    socket.on('error', () => resolve(''));
  });
}

async function until(child: Child, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LONGEST;
  while (!(await isSo())) {
    if (Date.now() > deadline || child.hasExited()) throw new Error(`it has not come to that:\n${child.output()}`);
    await sleep(10);
  }
}

function report(costs: readonly Cost[], output: string): void {
  const table = markdownTable(
    [
      'certificates',
      'first handshake s',
      'CPU s until then',
      'RSS MiB',
      'when all were asked for',
      'one renewed: s',
      'CPU s',
      'one reload: s',
      'CPU s',
    ],
    costs.map((cost) => [
      String(cost.certificates),
      cost.seconds.toFixed(2),
      cost.cpuSeconds.toFixed(2),
      mebibytes(cost.started),
      mebibytes(cost.asked),
      cost.renewal.toFixed(2),
      cost.renewalCpu.toFixed(2),
      cost.reload.toFixed(2),
      cost.reloadCpu.toFixed(2),
    ]),
  );
  const text = `# Many certificates

Written by \`npm run bench:certificates\` on ${new Date().toISOString().slice(0, 10)}. One process, certificates with P-256 keys in one folder. One renewed: from the renaming of its two files to the first connection that is shown it. One reload: from SIGHUP to the line in the log, one of them having been renewed just before. CPU of all processes, those that read the configuration included. Load of the machine over the last 5 minutes: ${(loadavg()[1] ?? 0).toFixed(1)} on ${cpus().length} cores.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'certificates.md'), text);
}

function mebibytes({ resident }: Memory): string {
  return (resident / 1024 ** 2).toFixed(0);
}
