// The Unix socket of the admin API: who may use it, from its first moment on and after a reload.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelSockets } from '../../src/core/kernel-sockets.ts';
import { bindHere } from '../../src/listen/sockets.ts';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystone-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A group that this process may give files to. */
const GROUP = String(process.getuid?.() === 0 ? 65_534 : (process.getgroups?.().at(-1) ?? process.getgid?.()));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

const yaml = (socket: string, more: string): string =>
  `admin: { address: "unix:${socket}"${more === '' ? '' : `, ${more}`} }\ntenants: []\n`;

describe('the Unix socket of the admin API', () => {
  test('is for the user of the gateway alone, or for a group as the configuration says', async () => {
    for (const [more, mode] of [
      ['', '600'],
      ['socket_mode: "0660"', '660'],
      [`socket_mode: "0660", socket_group: "${GROUP}"`, '660'],
    ] as const) {
      const socket = join(folder, `modes-${mode}-${more.length}.sock`);
      await using gateway = await GatewayProcess.start(yaml(socket, more));
      const { gid } = statSync(socket);
      expect([more, modeOf(socket), gid]).toEqual([more, mode, more.includes('group') ? Number(GROUP) : gid]);
      expect((await keystone(['status', '--url', `unix:${socket}`])).code).toBe(0);
      // Nobody can lead a browser here, whatever name it asks for.
      const headers = { host: 'rebound.example.com' };
      expect((await fetch('http://rebound.example.com/tenants', { unix: socket, headers })).status).toBe(200);
      expect(gateway.errors).not.toMatch(/ (?:warn|error) /);
    }
  });

  test('is open to nobody else for a moment before its group has it', async () => {
    const kernel = kernelSockets();
    if (kernel === null) throw new Error('not on this system');
    const seen: string[] = [];
    const path = join(folder, 'moment.sock');
    const watching: KernelSockets = Object.create(kernel, {
      groupNumber: {
        value: (name: string) => {
          seen.push(modeOf(path));
          return kernel.groupNumber(name);
        },
      },
    }) as KernelSockets;
    const before = process.umask(0);
    try {
      const wanted = { kind: 'unix', path, permissions: { mode: 0o660, group: GROUP } } as const;
      const made = bindHere(wanted, { data() {} }, watching);
      expect([made.ok, seen, modeOf(path), process.umask(0)]).toEqual([true, ['600'], '660', 0]);
      if (made.ok) made.value.server.stop(true);
    } finally {
      process.umask(before);
    }
  });

  test('has other permissions after a reload that says so, and keeps those that somebody else gave it otherwise', async () => {
    const socket = join(folder, 'reload.sock');
    await using gateway = await GatewayProcess.start(yaml(socket, ''));
    const reload = () => keystone(['reload', '--url', `unix:${socket}`]);
    await gateway.rewrite(yaml(socket, 'socket_mode: "0660"'));
    expect([(await reload()).code, modeOf(socket)]).toEqual([0, '660']);
    await gateway.rewrite(yaml(socket, 'socket_mode: "0660", socket_group: nobody-has-this-name'));
    const refused = await reload();
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain('this machine has no group nobody-has-this-name');
    expect(modeOf(socket)).toBe('660');
    await gateway.rewrite(yaml(socket, ''));
    expect([(await reload()).code, modeOf(socket)]).toEqual([0, '600']);
    chmodSync(socket, 0o640);
    await gateway.rewrite(`${yaml(socket, '')}public_details: false\n`);
    expect([(await reload()).code, modeOf(socket)]).toEqual([0, '640']);
  });

  test.each([
    ['0666', 'would let everybody on this machine give orders'],
    ['0060', 'would keep the gateway itself out'],
    ['rw', 'is not a mode of a file'],
  ])('may not have the mode %s', async (mode, why) => {
    await Bun.write(join(folder, 'wrong.yaml'), yaml('/run/x.sock', `socket_mode: "${mode}"`));
    const { code, errors, out } = await keystone(['check', '--config', join(folder, 'wrong.yaml')]);
    expect([code, errors + out]).toEqual([1, expect.stringContaining(why)]);
  });

  test('cannot be had for a group that this machine does not have', async () => {
    const file = join(folder, 'no-group.yaml');
    await Bun.write(file, yaml(join(folder, 'no-group.sock'), 'socket_group: nobody-has-this-name'));
    const { code, errors } = await keystone(['run', '--config', file, '--addr', '127.0.0.1:0']);
    expect([code, errors]).toEqual([1, expect.stringContaining('admin.socket_group: this machine has no group')]);
  });
});
