// The gateway among the programs that start, signal and stop it.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlanAgain } from '../../src/cli/read-aside.ts';
import { millis } from '../../src/core/units.ts';
import { compile } from '../../src/plan/compile.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { childrenOf } from '../support/processes.ts';
import { OF_CHECKOUT, PROGRAM } from '../support/program.ts';
import { until, untilItRests } from '../support/until.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

const YAML = `admin: { address: none }\n${pathTenant('/', [])}`;

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  await Bun.write(join(folder, 'keystone.yaml'), YAML);
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `keystone run` by a shell that has arranged its output. `done` resolves with its exit code. */
function start(folder: string, redirections: string) {
  const words = ['sh', '-c', `exec ${OF_CHECKOUT} run --config keystone.yaml --addr 127.0.0.1:0 ${redirections}`];
  return Bun.spawn(words, { cwd: folder, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
}

describe.skipIf(process.platform !== 'linux')('a signal that comes while the gateway starts', () => {
  test.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('%s does not end it', async (signal) => {
    await inFolder(async (folder) => {
      const child = start(folder, '2>&1');
      // From the moment at which the shell script has become the runtime.
      await until(async () => (await readFile(`/proc/${child.pid}/cmdline`, 'latin1')).includes('main.ts'), 'it runs');
      child.kill(signal);
      let output = '';
      for await (const chunk of child.stdout) {
        output += new TextDecoder().decode(chunk);
        if (!output.includes('listening on')) continue;
        child.kill('SIGTERM');
        break;
      }
      expect(output).toContain('listening on');
      expect(await child.exited).toBe(0);
    });
  });
});

describe('a signal', () => {
  test('SIGUSR1 opens files of logs anew, and nothing else', async () => {
    await using gateway = await GatewayProcess.start(YAML);
    gateway.signal('SIGUSR1');
    await until(() => /opened anew" signal=SIGUSR1/.test(gateway.errors), 'it says so');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  test('SIGHUP after SIGTERM changes nothing: no configuration is read, no backend is probed', async () => {
    const gate = Promise.withResolvers<void>();
    using origin = new Origin('a', async () => {
      await gate.promise;
      return new Response('late');
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const inFlight = fetch(gateway.url);
    await until(() => origin.requests === 1, 'the request is in flight');
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'it is shutting down');
    gateway.signal('SIGHUP');
    gateway.signal('SIGUSR1');
    await until(() => gateway.errors.includes('SIGUSR1'), 'it has seen the signals');
    gate.resolve();
    expect(await (await inFlight).text()).toBe('late');
    expect(await gateway.exited).toBe(0);
    expect(gateway.errors).not.toContain('reload');
  });
});

describe.skipIf(process.platform !== 'linux')('an output that nobody takes', () => {
  test.each([
    ['is closed', '>&-', null],
    ['is on a full disk', '>/dev/full', 'cannot write to the standard output: ENOSPC'],
  ])('that %s does not keep the gateway from serving', async (_, redirection, said) => {
    await inFolder(async (folder) => {
      const child = start(folder, redirection);
      const errors = new Response(child.stderr).text();
      // It answers only when it serves: it has no other way to say so.
      await until(async () => (await listeningPorts(child.pid)).length > 0, 'it listens');
      const [port] = await listeningPorts(child.pid);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
      child.kill('SIGTERM');
      expect(await child.exited).toBe(0);
      if (said !== null) expect(await errors).toContain(said);
    });
  });

  test('is an error of a command whose result is lost, and none where the reader has read enough', async () => {
    const run = async (script: string): Promise<number> => await Bun.spawn(['bash', '-c', script]).exited;
    expect(await run(`${PROGRAM} schema >/dev/full 2>/dev/null`)).toBe(1);
    expect(await run(`set -o pipefail; ${PROGRAM} schema | head -c 1 >/dev/null`)).toBe(0);
  });

  test('is waited for where its reader is slow', async () => {
    await inFolder(async (folder) => {
      const pipe = join(folder, 'pipe');
      await Bun.spawn(['mkfifo', pipe]).exited;
      const child = Bun.spawn(['sh', '-c', `exec ${PROGRAM} schema >"$0"`, pipe]);
      const reader = await open(pipe);
      // The pipe is full, and the program waits or has given up.
      await untilItRests(() => cpuTicks(child.pid), 'it has no more to do');
      const taken = (await reader.readFile()).length;
      await reader.close();
      expect(taken).toBe((await new Response(Bun.spawn([PROGRAM, 'schema']).stdout).bytes()).length);
      expect(await child.exited).toBe(0);
    });
  });
});

/** User and system time that a process has used; 0: it has ended. */
function cpuTicks(pid: number): number {
  if (!existsSync(`/proc/${pid}/stat`)) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** The TCP ports on which a process listens, by the inodes of its sockets (proc(5)). */
async function listeningPorts(pid: number): Promise<readonly number[]> {
  const sockets = await new Response(Bun.spawn(['sh', '-c', `ls -l /proc/${pid}/fd 2>&1`]).stdout).text();
  const inodes = new Set(Array.from(sockets.matchAll(/socket:\[(\d+)\]/g), (found) => found[1]));
  const LISTEN = '0A';
  return (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9]))
    .map((fields) => Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16));
}

describe('a configuration that cannot be read', () => {
  test('because it has become a named pipe is refused at once, and the next reload works', async () => {
    await using gateway = await GatewayProcess.start(YAML);
    await gateway.replaceByPipe();
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reload refused'), 'it is refused');
    expect(gateway.errors).toContain('is a pipe, a socket or a device, but must be a file');
    await gateway.rewrite(YAML);
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('configuration reloaded'), 'it is in force');
  });

  test('because its reader hangs is given up after a while', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'keystone.yaml');
      const parsed = parseConfig({ file, text: YAML, env: {} });
      if (!parsed.ok) throw new Error('the configuration is valid');
      const known = await childrenOf(process.pid);
      const reading = readPlanAgain(
        { file, from: null },
        compile(parsed.value.config),
        () => Promise.resolve(),
        millis(300),
      );
      const reader = (await childrenOf(process.pid)).find((pid) => !known.includes(pid));
      if (reader === undefined) throw new Error('nobody reads');
      process.kill(reader, 'SIGSTOP');
      const { plan, problems } = await reading;
      expect(plan).toBeNull();
      expect(problems.map(({ message }) => message)).toEqual([
        'cannot read the configuration: Error: the process that reads it hangs',
      ]);
    });
  });
});
