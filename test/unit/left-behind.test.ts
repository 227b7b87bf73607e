// Workers that a killed gateway has left behind, and what a new one does about them.
import { describe, expect, test } from 'bun:test';
import type { Holder, WantedAddress } from '../../src/core/kernel-sockets.ts';
import { endLeftBehind } from '../../src/world/left-behind.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';

const ADDRESS: WantedAddress = { kind: 'tcp', hostname: '127.0.0.1', port: 80 };

function program(name: string): Bun.Subprocess & Disposable {
  const child = Bun.spawn(['sh', '-c', `printf '${name}' > /proc/$$/comm; read line`], { stdin: 'pipe' });
  return Object.assign(child, { [Symbol.dispose]: () => child.kill('SIGKILL') });
}

// Has the address until it ends, or for so many looks.
function kernelWhere(holder: Holder, looks = Number.POSITIVE_INFINITY) {
  let left = looks;
  return { holderOf: (): Holder | null => (left-- > 0 && isRunning(holder.pid) ? holder : null) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.if(process.platform === 'linux')('a worker without a supervisor that keeps an address', () => {
  test('is ended when it has had the time to end', async () => {
    using worker = program('keystone worker');
    const kernel = kernelWhere({ name: 'keystone worker', pid: worker.pid });
    expect(await endLeftBehind([ADDRESS], { kernel, rest })).toBe(1);
    expect(await worker.exited).not.toBe(0);
  });

  test('is left alone if it gives the address up by itself', async () => {
    using worker = program('keystone worker');
    const kernel = kernelWhere({ name: 'keystone worker', pid: worker.pid }, 3);
    expect(await endLeftBehind([ADDRESS], { kernel, rest })).toBe(1);
    expect(await isAlive(worker.pid)).toBe(true);
  });
});

describe.if(process.platform === 'linux')('not ended is', () => {
  test('another program', async () => {
    using other = program('nginx');
    const kernel = kernelWhere({ name: 'nginx', pid: other.pid });
    expect(await endLeftBehind([ADDRESS], { kernel, rest })).toBe(0);
    expect(await isAlive(other.pid)).toBe(true);
  });

  test('a worker whose supervisor runs', async () => {
    const script = "printf keystone > /proc/$$/comm; sh -c 'echo $$; exec sleep 60' & wait";
    const supervisor = Bun.spawn(['sh', '-c', script], { stdin: 'pipe', stdout: 'pipe' });
    let printed = '';
    const reading = (async () => {
      for await (const chunk of supervisor.stdout) printed += new TextDecoder().decode(chunk);
    })();
    await until(() => printed.endsWith('\n'), 'the worker runs');
    const pid = Number(printed);
    const kernel = kernelWhere({ name: 'keystone worker', pid });
    expect(await endLeftBehind([ADDRESS], { kernel, rest })).toBe(0);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    supervisor.kill('SIGKILL');
    await reading;
  });
});
