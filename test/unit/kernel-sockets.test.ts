// Listening sockets as descriptors, against the kernel of this machine.
import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Descriptor, KernelSockets, WantedAddress } from '../../src/core/kernel-sockets.ts';
import { millis } from '../../src/core/units.ts';
import { listenOnGiven } from '../../src/listen/given-socket.ts';
import { SlotSockets } from '../../src/supervise/sockets.ts';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { until } from '../support/until.ts';

const LOCAL: WantedAddress = { kind: 'tcp', hostname: '127.0.0.1', port: 0 };
const isLinux = process.platform === 'linux';

const cleaners: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleaners.splice(0)) clean();
});

function kernel(): KernelSockets {
  const sockets = kernelSockets();
  if (sockets === null) throw new Error('this system has none');
  return sockets;
}

const open = new Set<Descriptor>();

function held(socket: Descriptor): Descriptor {
  open.add(socket);
  cleaners.push(() => {
    if (open.has(socket)) kernel().close(cleaned(socket));
  });
  return socket;
}

function cleaned(socket: Descriptor): Descriptor {
  open.delete(socket);
  return socket;
}

function listening(wanted: WantedAddress, sharing: 'alone' | 'shared' = 'alone'): Descriptor {
  const made = kernel().listen(wanted, sharing);
  if (!made.ok) throw new Error(made.error);
  return held(made.value);
}

/** For a listener, which closes what it is given. */
function copyOf(socket: Descriptor): Descriptor {
  const copy = kernel().duplicate(socket);
  if (!copy.ok) throw new Error(copy.error);
  return copy.value;
}

function portOf(socket: Descriptor): number {
  const address = kernel().addressOf(socket);
  return address?.kind === 'tcp' ? address.port : 0;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'keystone-'));
  cleaners.push(() => rmSync(made, { recursive: true }));
  return made;
}

/** Accepts with an answer, and tells of how many. */
function answering(descriptor: Descriptor, answer: string) {
  let accepted = 0;
  const greet = (socket: { end(text: string): unknown }): void => {
    accepted++;
    socket.end(answer);
  };
  const server = listenOnGiven(descriptor, { open: greet, data() {} });
  cleaners.push(() => server.stop(true));
  return { server, count: () => accepted };
}

/** What a client reads; null: it is not let in. */
async function ask(to: { readonly hostname: string; readonly port: number } | { readonly unix: string }) {
  const read = Promise.withResolvers<string | null>();
  let text = '';
  const socket = {
    data: (_: unknown, bytes: Uint8Array): void => void (text += new TextDecoder().decode(bytes)),
    close: (): void => read.resolve(text),
    connectError: (): void => read.resolve(null),
  };
  const connected = 'unix' in to ? Bun.connect({ ...to, socket }) : Bun.connect({ ...to, socket });
  await connected.catch(() => read.resolve(null));
  return await read.promise;
}

describe.if(isLinux)('a listening socket', () => {
  test('of port 0 has a port that nobody else may have', () => {
    const socket = listening(LOCAL);
    expect(portOf(socket)).toBeGreaterThan(0);
    expect(kernel().isListening(socket)).toBe(true);
    const again: WantedAddress = { kind: 'tcp', hostname: '127.0.0.1', port: portOf(socket) };
    expect(kernel().listen(again, 'alone')).toEqual({ ok: false, error: 'EADDRINUSE' });
    expect(kernel().listen(again, 'shared')).toEqual({ ok: false, error: 'EADDRINUSE' });
  });

  test('that is shared from here on is joined, but not by one that wants the address alone', () => {
    const socket = listening(LOCAL);
    kernel().share(socket);
    const again: WantedAddress = { kind: 'tcp', hostname: '127.0.0.1', port: portOf(socket) };
    expect(kernel().isShared(listening(again, 'shared'))).toBe(true);
    expect(kernel().listen(again, 'alone')).toEqual({ ok: false, error: 'EADDRINUSE' });
  });

  test('of every address takes IPv4 and IPv6 clients', async () => {
    const socket = listening({ kind: 'tcp', hostname: null, port: 0 });
    expect(kernel().addressOf(socket)).toMatchObject({ hostname: '::' });
    answering(copyOf(socket), 'here');
    const port = portOf(socket);
    expect(await ask({ hostname: '127.0.0.1', port })).toBe('here');
    expect(await ask({ hostname: '::1', port })).toBe('here');
  });

  test('of a name is bound to an address of it', () => {
    const socket = listening({ kind: 'tcp', hostname: 'localhost', port: 0 });
    expect(kernel().addressOf(socket)).toMatchObject({ hostname: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) });
  });

  test('says why it cannot be', () => {
    const at = (hostname: string) => kernel().listen({ kind: 'tcp', hostname, port: 1 }, 'alone');
    expect(at('192.0.2.1')).toEqual({ ok: false, error: 'EADDRNOTAVAIL' });
    expect(at('no-such-host.invalid')).toEqual({ ok: false, error: 'ENOTFOUND' });
    const unix = (path: string) => kernel().listen({ kind: 'unix', path }, 'alone');
    expect(unix('/no/such/folder/x.sock')).toEqual({ ok: false, error: 'ENOENT' });
    expect(unix(`/tmp/${'x'.repeat(120)}`)).toEqual({ ok: false, error: 'ENAMETOOLONG' });
  });

  test('on a path is the owner’s alone', async () => {
    const path = join(folder(), 'a.sock');
    const socket = listening({ kind: 'unix', path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(kernel().addressOf(socket)).toEqual({ kind: 'unix', path });
    answering(copyOf(socket), 'by path');
    expect(await ask({ unix: path })).toBe('by path');
    kernel().turnAway(socket);
    expect(existsSync(path)).toBe(false);
  });

  test('does not go to programs that are started', async () => {
    const socket = listening(LOCAL);
    const child = Bun.spawn(['ls', '-l', '/proc/self/fd'], { stdout: 'pipe' });
    const text = await new Response(child.stdout).text();
    expect(text).not.toMatch(new RegExp(`\\s${socket} ->`));
  });
});

describe.if(isLinux)('who listens on an address', () => {
  const me = { pid: process.pid, name: expect.any(String) };

  test('is told for all addresses that exclude it, and no others', () => {
    const port = portOf(listening(LOCAL));
    const at = (hostname: string | null) => kernel().holderOf({ kind: 'tcp', hostname, port });
    for (const taken of ['127.0.0.1', '0.0.0.0', '::', null, 'localhost']) expect(at(taken)).toEqual(me);
    for (const free of ['127.0.0.2', '::1']) expect(at(free)).toBeNull();
    expect(kernel().holderOf({ kind: 'tcp', hostname: '127.0.0.1', port: 1 })).toBeNull();
  });

  test('is told for IPv6 and for paths', () => {
    const port = portOf(listening({ kind: 'tcp', hostname: '::1', port: 0 }));
    const at = (hostname: string) => kernel().holderOf({ kind: 'tcp', hostname, port });
    expect([at('::1'), at('0:0:0:0:0:0:0:1'), at('::2')]).toEqual([me, me, null]);
    const path = join(folder(), 'c.sock');
    listening({ kind: 'unix', path });
    expect(kernel().holderOf({ kind: 'unix', path })).toEqual(me);
    expect(kernel().holderOf({ kind: 'unix', path: `${path}x` })).toBeNull();
  });

  test('is the first of those that share it', async () => {
    const socket = listening(LOCAL);
    const child = Bun.spawn(['sleep', '60'], { stdio: ['ignore', 'ignore', 'ignore', socket] });
    expect(kernel().holderOf({ kind: 'tcp', hostname: '127.0.0.1', port: portOf(socket) })).toEqual(me);
    child.kill();
    await child.exited;
  });
});

describe.if(isLinux)('a socket that turns clients away', () => {
  test('lets nobody new in, while who waits is still served', async () => {
    const socket = listening(LOCAL);
    const to = { hostname: '127.0.0.1', port: portOf(socket) };
    const before = ask(to);
    await until(() => kernel().hasWaiting(socket), 'a client waits');
    kernel().turnAway(socket);
    const after = ask(to);
    const { server, count } = answering(copyOf(socket), 'let in');
    expect(await before).toBe('let in');
    server.stop(true);
    kernel().close(cleaned(socket));
    expect(await after).toBeNull();
    expect(count()).toBe(1);
  });

  test('may let them in again', async () => {
    const socket = listening(LOCAL);
    answering(copyOf(socket), 'let in');
    for (let round = 0; round < 3; round++) {
      kernel().turnAway(socket);
      kernel().letIn(socket);
      expect(await ask({ hostname: '127.0.0.1', port: portOf(socket) })).toBe('let in');
    }
  });
});

describe.if(isLinux)('the runtime', () => {
  test('accepts on a socket that it is given, and closes only its own descriptor', async () => {
    const socket = listening(LOCAL);
    const port = portOf(socket);
    const copy = copyOf(socket);
    const { server } = answering(copy, 'given');
    expect(await ask({ hostname: '127.0.0.1', port })).toBe('given');
    server.stop(true);
    expect(kernel().isListening(copy)).toBe(false);
    expect(kernel().isListening(socket)).toBe(true);
    // Clients wait meanwhile.
    const waiting = ask({ hostname: '127.0.0.1', port });
    await until(() => kernel().hasWaiting(socket), 'a client waits');
    answering(copyOf(socket), 'by the next one');
    expect(await waiting).toBe('by the next one');
  });

  test('refuses what is no socket that listens', () => {
    expect(() => listenOnGiven(999, { data() {} })).toThrow('Failed to listen');
  });
});

describe.if(isLinux)('the sockets of the slots', () => {
  const slotsOf = (count: number): SlotSockets => {
    const slots = new SlotSockets(kernel(), count);
    cleaners.push(() => {
      for (const address of slots.addresses) slots.close(address);
    });
    return slots;
  };
  const added = (slots: SlotSockets, wanted: WantedAddress, given: readonly Descriptor[] = []) => {
    const made = slots.add(wanted, given);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  };
  test('have one address, also where the system chooses the port, and share its clients', async () => {
    const { address, sockets } = added(slotsOf(4), LOCAL);
    if (address.kind !== 'tcp') throw new Error('no port');
    expect(new Set(sockets.map(portOf))).toEqual(new Set([address.port]));
    const workers = sockets.map((socket) => answering(copyOf(socket), 'hello'));
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(address)));
    expect(answers.every((answer) => answer === 'hello')).toBe(true);
    // The chance that one of four gets fewer than 20 of 200 is below one in a million.
    for (const { count } of workers) expect(count()).toBeGreaterThan(20);
  });

  test('keep the address from any other gateway', () => {
    const { address } = added(slotsOf(2), LOCAL);
    const second = slotsOf(2).add({ ...LOCAL, ...address });
    expect(second).toEqual({ ok: false, error: expect.stringContaining(`(process ${process.pid}) uses the port`) });
  });

  test('are bound for all slots or for none', () => {
    const slots = slotsOf(2);
    expect(slots.add({ kind: 'tcp', hostname: '192.0.2.1', port: 1 }).ok).toBe(false);
    expect(slots.addresses).toEqual([]);
  });

  test('begin with those that were given, as long as each has a worker', () => {
    const given = listening(LOCAL);
    const { sockets } = added(slotsOf(3), LOCAL, [copyOf(given)]);
    expect(sockets.map(portOf)).toEqual([portOf(given), portOf(given), portOf(given)]);
    const two = [listening(LOCAL), listening(LOCAL)];
    expect(slotsOf(1).add(LOCAL, two)).toEqual({ ok: false, error: expect.stringContaining('2 sockets were given') });
  });

  test('of a path are one socket', () => {
    const path = join(folder(), 'b.sock');
    const { sockets } = added(slotsOf(2), { kind: 'unix', path });
    expect(sockets.length).toBe(2);
    expect(sockets.map((socket) => kernel().addressOf(socket))).toEqual([
      { kind: 'unix', path },
      { kind: 'unix', path },
    ]);
  });

  test('are closed without losing a client that waits, while new ones come without end', async () => {
    const slots = slotsOf(2);
    const bound = added(slots, LOCAL);
    const { address } = bound;
    if (address.kind !== 'tcp') throw new Error('no port');
    const end = new AbortController();
    let cut = 0;
    let served = 0;
    // A client that is let in gets its answer; one that is not let in ends with an error before it has sent anything.
    const client = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const text = await Promise.race([ask(address), until(() => end.signal.aborted, 'the end').then(() => null)]);
        if (text === 'whole') served++;
        else if (text !== null) cut++;
      }
    };
    const clients = Array.from({ length: 20 }, client);
    await until(() => bound.sockets.every((socket) => kernel().hasWaiting(socket)), 'both queues have clients');
    const workers = bound.sockets.map((socket) => answering(copyOf(socket), 'whole'));
    await until(() => served > 100, 'clients are served');
    await slots.retire(bound, (delay) => new Promise((resolve) => setTimeout(resolve, delay)));
    for (const { server } of workers) server.stop(false);
    slots.close(bound);
    expect(await ask(address)).toBeNull();
    end.abort();
    await Promise.all(clients);
    expect(cut).toBe(0);
  });

  test('that nobody accepts from are not waited for without end', async () => {
    const slots = slotsOf(1);
    const bound = added(slots, LOCAL);
    if (bound.address.kind !== 'tcp') throw new Error('no port');
    const waiting = ask(bound.address);
    await until(() => kernel().hasWaiting(bound.sockets[0] ?? -1), 'a client waits');
    let waited = 0;
    await slots.retire(bound, (delay) => {
      waited += delay;
      return Promise.resolve();
    });
    expect(waited).toBeLessThan(millis(6000));
    slots.close(bound);
    await waiting;
  });
});
