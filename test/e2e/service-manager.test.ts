// The gateway under a service manager such as systemd: it is given sockets, and tells how it is.
import { describe, expect, test } from 'bun:test';
import { closeSync, readFileSync } from 'node:fs';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { Datagrams } from '../support/datagrams.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { startWrk } from '../support/wrk.ts';
import { uncheckedTenant } from '../support/yaml.ts';

// The manager knows the number of the process when it has made it; so does a shell that becomes the gateway.
const ACTIVATE = ['sh', '-c', 'LISTEN_PID=$$ exec "$0" "$@"'];
const RESTARTS = 5;

/** A socket as the manager holds it, also while no gateway runs. */
class HeldSocket implements Disposable {
  readonly port: number;
  readonly descriptor: number;

  constructor() {
    const made = kernelSockets()?.listen({ kind: 'tcp', hostname: '127.0.0.1', port: 0 }, 'alone');
    if (made?.ok !== true) throw new Error('no socket');
    this.descriptor = made.value;
    const address = kernelSockets()?.addressOf(made.value);
    this.port = address?.kind === 'tcp' ? address.port : 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}

function activated(
  yaml: string,
  sockets: readonly HeldSocket[],
  port: number,
  environment: Record<string, string> = {},
) {
  const count = { ...environment, LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: 'http:more' };
  const descriptors = sockets.map(({ descriptor }) => descriptor);
  return GatewayProcess.start(yaml, count, port, ACTIVATE, descriptors);
}

/** Seconds since the machine has started, as the manager counts. */
function uptime(): number {
  return Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
}

async function served(origin: Origin, requests: number): Promise<'served'> {
  await until(() => origin.requests >= requests, 'requests are served');
  return 'served';
}

async function refusal(started: Promise<GatewayProcess>): Promise<string> {
  const failed = await started.then(
    (gateway) => gateway,
    (error: unknown) => String(error),
  );
  if (typeof failed === 'string') return failed;
  await failed[Symbol.asyncDispose]();
  return 'it serves';
}

describe.if(process.platform === 'linux')('a socket that the manager gives', () => {
  test('serves the address that it is bound to, and no request is lost over restarts', async () => {
    using origin = new Origin('a');
    using held = new HeldSocket();
    const yaml = uncheckedTenant('/', [origin]);
    const load = startWrk(`http://127.0.0.1:${held.port}/`, { connections: 50, seconds: 60 });
    for (let start = 0; start <= RESTARTS; start++) {
      const gateway = await activated(yaml, [held], held.port);
      const before = origin.requests;
      const more = await Promise.race([served(origin, before + 200), gateway.exited]);
      expect(more).toBe('served');
      if (start === RESTARTS) {
        const { requests, socketErrors, badStatuses } = await load.end();
        expect({ socketErrors, badStatuses }).toEqual({ socketErrors: 0, badStatuses: 0 });
        expect(requests).toBeGreaterThan(200 * RESTARTS);
      }
      gateway.signal('SIGTERM');
      expect(await gateway.exited).toBe(0);
      await gateway[Symbol.asyncDispose]();
    }
  });

  test('keeps a client waiting while no gateway runs', async () => {
    using origin = new Origin('a');
    using held = new HeldSocket();
    const early = fetch(`http://127.0.0.1:${held.port}/`);
    await using gateway = await activated(uncheckedTenant('/', [origin]), [held], held.port);
    expect((await early).status).toBe(200);
    expect(gateway.port).toBe(held.port);
  });

  test('and that no listener has the address of is refused', async () => {
    using held = new HeldSocket();
    using other = new HeldSocket();
    const reason = await refusal(activated('tenants: []\n', [held, other], held.port));
    expect(reason).toContain(`has given a socket for 127.0.0.1:${other.port}, but no listener`);
  });

  test('must listen', async () => {
    using held = new HeldSocket();
    using log = new Datagrams();
    const inherited = [held.descriptor, log.descriptor];
    const variables = { LISTEN_FDS: '2', LISTEN_FDNAMES: 'http:more' };
    const reason = await refusal(GatewayProcess.start('tenants: []\n', variables, held.port, ACTIVATE, inherited));
    expect(reason).toContain('descriptor 4 (more), which the service manager has given, is no socket that listens');
  });

  test('is left alone if it is for another process', async () => {
    using held = new HeldSocket();
    const variables = { LISTEN_FDS: '1', LISTEN_PID: '1' };
    await using gateway = await GatewayProcess.start('tenants: []\n', variables, 0, [], [held.descriptor]);
    expect(gateway.port).not.toBe(held.port);
  });
});

describe.if(process.platform === 'linux')('the manager', () => {
  test('is told of the start, of reloads and of the end', async () => {
    using origin = new Origin('a');
    using manager = new Datagrams();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]), { NOTIFY_SOCKET: manager.path });
    const ready = await manager.got(/READY=1/);
    expect(ready.split('\n')).toEqual([
      'READY=1',
      `MAINPID=${gateway.pid}`,
      'STATUS=Serving 1 tenant, 1 of 1 backend well',
    ]);
    gateway.signal('SIGHUP');
    const reloading = await manager.got(/RELOADING=1/);
    const [, time] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(reloading) ?? [];
    expect(Math.abs(Number(time) / 1_000_000 - uptime())).toBeLessThan(30);
    const from = manager.received.indexOf(reloading);
    await manager.got(/^READY=1$/, from);
    await gateway.rewrite('nonsense: 1\n');
    gateway.signal('SIGHUP');
    await manager.got(/RELOADING=1/, from + 1);
    await manager.got(/^READY=1$/, from + 3);
    gateway.signal('SIGTERM');
    await manager.got(/^STOPPING=1/);
    expect(await gateway.exited).toBe(0);
  });

  test('that watches hears from the gateway twice in its time, by a name of the system’s own as well', async () => {
    using manager = new Datagrams(`@keystone-test-${process.pid}`);
    const variables = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '100000' };
    await using gateway = await GatewayProcess.start('tenants: []\n', variables);
    await manager.got(/READY=1/);
    await manager.got(/WATCHDOG=1/);
    await manager.got(/WATCHDOG=1/, manager.received.length);
    expect(gateway.port).toBeGreaterThan(0);
  });

  test('is not told that a gateway serves which does not', async () => {
    using manager = new Datagrams();
    const { code } = await keystone(['run', '-c', '/nonexistent.yaml'], { env: { NOTIFY_SOCKET: manager.path } });
    expect(code).toBe(1);
    manager.read();
    expect(manager.received).toEqual([]);
  });
});
