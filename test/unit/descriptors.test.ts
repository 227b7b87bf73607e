// Descriptors: how they are shared out, and what follows when one is missing.
import { describe, expect, test } from 'bun:test';
import { dlopen } from 'bun:ffi';
import { type AcceptGate, type Descriptors, ceilingsOf } from '../../src/core/descriptors.ts';
import { Shortage } from '../../src/core/shortage.ts';
import { connectFailure } from '../../src/core/connect-failure.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { AcceptWatch } from '../../src/listen/accept-watch.ts';
import { compile } from '../../src/plan/compile.ts';
import { descriptorShortfall } from '../../src/plan/descriptor-needs.ts';
import { HealthScheduler, type Probed } from '../../src/probing/scheduler.ts';
import { evidenceOf } from '../../src/standing/evidence.ts';
import { createDial } from '../../src/world/dial.ts';
import { createDescriptors } from '../../src/world/descriptors.ts';
import { config } from '../support/configs.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import { A, B, linkTo, openTo, tenant } from '../support/exchange-scenes.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const LACK = new Shortage('descriptors');

describe('the ceilings', () => {
  test('leave as many descriptors to backends as clients may have, and some to all others', () => {
    for (const limit of [64, 256, 1024, 20_000, 1_048_576]) {
      const { clients, backends } = ceilingsOf(limit);
      expect(clients).toBe(limit / 2);
      expect(limit - backends).toBeWithin(8, 65);
      expect(backends - clients).toBeGreaterThanOrEqual(clients - 64);
    }
  });

  test('are none where the system tells no limit', () => {
    expect(ceilingsOf(Number.POSITIVE_INFINITY).clients).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what is configured', () => {
  const start = (text: string) => compile(config(`${text}tenants: []\n`)).gateway;

  test('needs two descriptors for each client of all listeners', () => {
    const listener = '{ address: "127.0.0.1:1", limits: { connections: 100 } }';
    const listeners = `limits: { connections: 300 }\nlisteners: [${listener}]\n`;
    expect(descriptorShortfall(start(listeners), true, 800)).toBeNull();
    expect(descriptorShortfall(start(listeners), true, 799)).toEqual({
      limit: 799,
      needed: 800,
      clients: 400,
      possible: 399,
    });
    expect(descriptorShortfall(start(listeners), false, 200)).toBeNull();
  });

  test('needs as much again for idle connections', () => {
    const text = 'limits: { connections: 10, idle_connections: 500 }\n';
    expect(descriptorShortfall(start(text), true, 999)).toMatchObject({ needed: 1000, possible: 10 });
  });
});

describe('a lack of the gateway itself', () => {
  test('is no evidence against a backend', () => {
    const { code, source } = connectFailure(LACK);
    expect([code, source, evidenceOf(code)]).toEqual(['gateway-exhausted', 'gateway', null]);
  });

  test('lets a request wait for a backend, and ends as gateway-full', async () => {
    const rig = new ExchangeRig(tenant('    timeouts: { queue: 1s }\n', A));
    const client = rig.request('GET', 1);
    for (let waited = 0; waited < 2500; waited += 50) {
      if (linkTo(rig, 'a').state === 'connecting') linkTo(rig, 'a').lack();
      await rig.clock.advance(50);
    }
    expect(client.outcome).toBe(503);
    expect(rig.ended.at(-1)).toMatchObject({ failure: 'gateway-full' });
    expect(rig.attempts[0]).toMatchObject({ outcome: 'gateway-exhausted' });
    const backend = rig.backend('a');
    expect([backend.traffic.failures, backend.isEligible, backend.inFlight]).toEqual([0, true, 0]);
    expect(rig.attempts.length).toBeLessThan(30);
  });

  test('sends a request on to a backend that has a connection', async () => {
    const rig = new ExchangeRig(tenant('', A, B));
    const client = rig.request('POST', 1);
    linkTo(rig, 'a').lack();
    await rig.clock.advance(0);
    openTo(rig, 'b').answer(200);
    expect(client.outcome).toBe(200);
    expect(rig.backend('a').traffic.failures).toBe(0);
  });

  test('is told, and makes no verdict of a probe that could not be made', async () => {
    const clock = new VirtualClock();
    const none = (): Promise<never> => Promise.reject(new Error('none'));
    const told: Shortage[] = [];
    const connect = () => ({ write: () => undefined, destroy: () => undefined });
    const reportShortage = (shortage: Shortage): void => void told.push(shortage);
    const scheduler = new HealthScheduler(clock, () => 0.5, { connect, run: none, call: none, reportShortage });
    let reported = 0;
    const second = millis(1000);
    const probed: Probed = {
      id: 1,
      schedule: {
        interval: second,
        timeout: second,
        fast_interval: second,
        down_interval: null,
        rise: 1,
        fall: 1,
      },
      probeKey: 'one',
      state: { health: 'unknown' },
      downSince: null,
      probe: () => Promise.reject(LACK),
      report: () => void reported++,
      answer: () => void reported++,
    };
    scheduler.add(probed);
    scheduler.ask(probed, second);
    await clock.advance(5000);
    expect(reported).toBe(0);
    // Asked once, and then once for each interval: not again and again.
    expect(told.length).toBeWithin(4, 9);
    scheduler.stop();
  });
});

describe('a socket to a backend', () => {
  const address = { hostname: '127.0.0.1', port: 1, tls: null };

  const failureWith = (next: number | null): Promise<unknown> => {
    const descriptors: Descriptors = {
      limit: 64,
      numberOf: () => null,
      next: () => next,
      gateOf: () => null,
      deepenQueue: () => undefined,
    };
    const nothing = (): undefined => undefined;
    return new Promise((resolve) => {
      createDial(descriptors)(address, {
        attached: nothing,
        opened: nothing,
        received: nothing,
        drained: nothing,
        closed: nothing,
        broken: nothing,
        failed: resolve,
      });
    });
  };

  test('is not opened where it would take the descriptors of operators and probes', async () => {
    expect(await failureWith(56)).toBeInstanceOf(Shortage);
    expect(await failureWith(null)).toBeInstanceOf(Shortage);
  });

  test('that is refused is called refused where nothing is lacking', async () => {
    expect(connectFailure(await failureWith(20)).code).toBe('connect-refused');
  });
});

describe('the watch over accepting', () => {
  test('closes the gates while no descriptor is left, and says so', () => {
    const wheel = new TimerWheel(millis(50));
    const log: string[] = [];
    let isOpen = true;
    let next: number | null = 9;
    const gate: AcceptGate = { close: () => (isOpen = false), open: () => (isOpen = true) };
    const descriptors: Descriptors = {
      limit: 64,
      numberOf: () => null,
      next: () => next,
      gateOf: () => gate,
      deepenQueue: () => undefined,
    };
    const warn = (message: string): void => void log.push(message);
    const watch = new AcceptWatch({ wheel, descriptors, warn, overload: { isRefusing: false } });
    watch.add(gate, 'clients');
    const pass = (ticks: number): void => {
      for (let tick = 0; tick < ticks; tick++) wheel.advance();
    };
    pass(5);
    expect([isOpen, log.length]).toEqual([true, 0]);
    next = null;
    pass(3);
    expect([isOpen, log]).toEqual([false, ['no connections are accepted: out of descriptors']]);
    next = 9;
    pass(3);
    expect(isOpen).toBe(false); // a while, or it would open and close all the time
    pass(15);
    expect(isOpen).toBe(true);
    next = null;
    pass(3);
    const late: AcceptGate = { close: () => (isOpen = false), open: () => (isOpen = true) };
    isOpen = true;
    watch.remove(gate);
    watch.add(late, 'clients');
    expect(isOpen).toBe(false);
  });

  test('lets no clients in while the gateway is overloaded, and operators still', () => {
    const wheel = new TimerWheel(millis(50));
    const open = { clients: true, operators: true };
    const gateOf = (share: keyof typeof open): AcceptGate => ({
      close: () => (open[share] = false),
      open: () => (open[share] = true),
    });
    const descriptors: Descriptors = {
      limit: 64,
      numberOf: () => null,
      next: () => 9,
      gateOf: () => null,
      deepenQueue: () => undefined,
    };
    const overload = { isRefusing: false };
    const watch = new AcceptWatch({ wheel, descriptors, warn: () => undefined, overload });
    watch.add(gateOf('clients'), 'clients');
    watch.add(gateOf('operators'), 'operators');
    for (const isRefusing of [true, false]) {
      overload.isRefusing = isRefusing;
      for (let tick = 0; tick < 3; tick++) wheel.advance();
      expect(open).toEqual({ clients: !isRefusing, operators: true });
    }
  });
});

describe.if(process.platform === 'linux')('the gate of a listening socket', () => {
  test('keeps the runtime from accepting while it is closed, and loses no client', async () => {
    let accepted = 0;
    const open = (): void => void accepted++;
    const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open, data: () => undefined } });
    const gate = createDescriptors().gateOf(server);
    using first = await RawClient.open(server.port);
    await until(() => accepted === 1, 'it accepts');
    gate?.close();
    using second = await RawClient.open(server.port);
    expect(await second.until(() => accepted > 1, 300)).toBe(false);
    gate?.open();
    await until(() => accepted === 2, 'it accepts again');
    expect([first.peer, second.peer]).toEqual(['open', 'open']);
    server.stop(true);
  });
});

describe.if(process.platform === 'linux')('the next descriptor', () => {
  test('is the lowest number that is free', () => {
    const { symbols } = dlopen('libc.so.6', {
      dup: { args: ['i32'], returns: 'i32' },
      close: { args: ['i32'], returns: 'i32' },
    });
    const descriptors = createDescriptors();
    const next = descriptors.next();
    const taken = symbols.dup(0);
    expect(next).toBe(taken);
    expect(descriptors.next()).toBeGreaterThan(taken);
    symbols.close(taken);
    expect(descriptors.next()).toBe(taken);
  });
});
