// What processes of one gateway share: memory, sealed files, descriptors, time, and their end.
import { describe, expect, test } from 'bun:test';
import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makePair, receive, send } from '../../src/world/descriptor-mail.ts';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { machineTime } from '../../src/world/monotonic.ts';
import {
  makeSealedMemory,
  makeSharedMemory,
  mapSharedMemory,
  readSealedMemory,
} from '../../src/world/shared-memory.ts';
import type { Result } from '../../src/core/result.ts';

const PROGRAM = join(import.meta.dir, '../support/shared-program.ts');

function start(words: readonly string[], inherited: number) {
  return Bun.spawn([process.execPath, PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'inherit', inherited] });
}

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe.if(process.platform === 'linux')('memory that is shared', () => {
  test('is the same in every process, to the last count', async () => {
    const memory = valueOf(makeSharedMemory('test', 1 << 20));
    const words = new Int32Array(mapSharedMemory(memory));
    expect(words.byteLength).toBe(1 << 20);
    const children = [1, 2].map(() => start(['add', '200000'], memory));
    for (let time = 0; time < 200_000; time++) Atomics.add(words, 1, 1);
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([0, 0]);
    expect(Atomics.load(words, 1)).toBe(600_000);
    closeSync(memory);
    expect(Atomics.load(words, 1)).toBe(600_000);
  });

  test('keeps its size', () => {
    const memory = valueOf(makeSharedMemory('test', 4096));
    expect(() => ftruncateSync(memory, 0)).toThrow('EPERM');
    expect(() => ftruncateSync(memory, 8192)).toThrow('EPERM');
    closeSync(memory);
  });

  test('can hold what nobody changes any more', () => {
    const content = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    const memory = valueOf(makeSealedMemory('test', content));
    expect(() => writeSync(memory, content, 0, 1, 0)).toThrow('EPERM');
    expect(() => ftruncateSync(memory, 0)).toThrow('EPERM');
    expect(Buffer.compare(readSealedMemory(memory), content)).toBe(0);
    closeSync(memory);
  });
});

describe.if(process.platform === 'linux')('a descriptor', () => {
  test('is handed to a process that runs', async () => {
    const sockets = kernelSockets();
    const socket = valueOf(
      sockets?.listen({ kind: 'tcp', hostname: '127.0.0.1', port: 0 }, 'alone') ?? { ok: false, error: '' },
    );
    const [own, other] = valueOf(makePair());
    const child = start(['receive'], other);
    closeSync(other);
    expect(send(own, { text: 'a listener', descriptors: [socket] }).ok).toBe(true);
    await child.stdin.write('!');
    await child.stdin.end();
    expect(await new Response(child.stdout).json()).toEqual(['a listener', sockets?.addressOf(socket)]);
    sockets?.close(socket);
    closeSync(own);
  });

  test('comes with its own message, in the order of sending, and nothing comes without one', () => {
    const [one, other] = valueOf(makePair());
    expect(receive(other)).toBeNull();
    expect(send(one, { text: 'both', descriptors: [one, other] }).ok).toBe(true);
    expect(send(one, { text: 'none', descriptors: [] }).ok).toBe(true);
    const both = receive(other);
    expect(both).toMatchObject({ text: 'both' });
    expect(both?.descriptors.length).toBe(2);
    expect(receive(other)).toEqual({ text: 'none', descriptors: [] });
    expect(send(one, { text: 'bad', descriptors: [9999] })).toEqual({ ok: false, error: 'EBADF' });
    expect(send(one, { text: '', descriptors: [] })).toEqual({ ok: false, error: 'EMSGSIZE' });
    for (const descriptor of both?.descriptors ?? []) closeSync(descriptor);
    closeSync(one);
    expect(receive(other)).toBeNull();
    expect(send(other, { text: 'nobody', descriptors: [] })).toEqual({ ok: false, error: 'EPIPE' });
    closeSync(other);
  });
});

describe.if(process.platform === 'linux')('a process', () => {
  test('has the same time as all others', async () => {
    const now = machineTime();
    const before = now();
    const [own, other] = valueOf(makePair());
    const theirs = Number(await new Response(start(['time'], other).stdout).text());
    closeSync(own);
    closeSync(other);
    expect(theirs).toBeWithin(before, now());
  });
});
