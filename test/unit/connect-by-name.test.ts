// Connections to hosts that are named: which address is tried when, and what is asked anew.
import { describe, expect, test } from 'bun:test';
import type { Call, CallResult } from '../../src/core/caller.ts';
import { errorCode } from '../../src/core/connect-failure.ts';
import type { ConnectionEvents } from '../../src/core/connector.ts';
import type { DialledSocket, SocketOwner } from '../../src/core/dial.ts';
import { Shortage } from '../../src/core/shortage.ts';
import { millis } from '../../src/core/units.ts';
import { AddressBook } from '../../src/discovery/address-book.ts';
import { callByName, connectByName, dialByName } from '../../src/discovery/connect-by-name.ts';
import type { HostSpec } from '../../src/discovery/contract.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { ScriptedLookup } from '../support/scripted-lookup.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const APP: HostSpec = {
  kind: 'host',
  name: 'app.test',
  family: 'prefer_ipv4',
  minTtl: millis(1000),
  maxTtl: millis(60_000),
};
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

async function setup(addresses: readonly string[], ttl = 60) {
  const lookup = new ScriptedLookup();
  const clock = new VirtualClock();
  const discovery = new Discovery({ lookup, clock, random: () => 0, timeout: millis(2000) });
  const book = new AddressBook(discovery, clock);
  if (addresses.length > 0) lookup.a('app.test', addresses, ttl);
  book.keep(APP, 'main', () => undefined);
  await settle();
  return { lookup, clock, book, tools: { addresses: book, clock } };
}

/** What becomes of sockets, in words, and the sockets on their way by their address. */
class Network {
  readonly heard: string[] = [];
  readonly underway = new Map<string, SocketOwner>();
  readonly dialled: string[] = [];

  readonly owner: SocketOwner = {
    attached: () => this.heard.push('attached'),
    opened: () => this.heard.push('opened'),
    received: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
    failed: (error, step) => this.heard.push(`failed ${errorCode(error) ?? String(error)} ${step}`),
    broken: () => undefined,
  };

  readonly dial = ({ hostname }: { readonly hostname: string }, owner: SocketOwner): void => {
    this.dialled.push(hostname);
    this.underway.set(hostname, owner);
  };

  open(hostname: string): DialledSocket {
    const owner = this.underway.get(hostname) ?? this.owner;
    const none = (): undefined => undefined;
    const terminate = (): void => void this.heard.push(`terminated ${hostname}`);
    const socket = { data: owner, write: () => 0, pause: none, resume: none, shutdown: none, terminate };
    owner.opened(socket);
    return socket;
  }

  refuse(hostname: string): void {
    this.underway.get(hostname)?.failed(REFUSED, 'connect');
  }
}

const ADDRESS = { hostname: 'app.test', port: 1, tls: null };

describe('a socket to a host that is named', () => {
  test('goes to the next address where one refuses, and is its owner’s alone', async () => {
    const { tools } = await setup(['10.0.0.1', '10.0.0.2']);
    const network = new Network();
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    expect(network.dialled).toEqual(['10.0.0.1']);
    network.refuse('10.0.0.1');
    // The runtime tells it twice.
    network.refuse('10.0.0.1');
    expect(network.dialled).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(network.open('10.0.0.2').data).toBe(network.owner);
    expect(network.heard).toEqual(['opened']);
  });

  test('fails when all addresses have refused, by the last reason', async () => {
    const { tools, clock } = await setup(['10.0.0.1', '10.0.0.2']);
    const network = new Network();
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    network.refuse('10.0.0.1');
    network.refuse('10.0.0.2');
    await clock.advance(5000);
    expect(network.heard).toEqual(['failed ECONNREFUSED connect']);
  });

  test('is not tried elsewhere for want of a descriptor, and no address is doubted for it', async () => {
    const { tools, clock, lookup } = await setup(['10.0.0.1', '10.0.0.2']);
    const network = new Network();
    const asked = lookup.asked.length;
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    network.underway.get('10.0.0.1')?.failed(new Shortage('descriptors'), 'connect');
    await clock.advance(5000);
    expect(network.dialled).toEqual(['10.0.0.1']);
    expect(network.heard).toEqual(['failed Error: the gateway is out of descriptors connect']);
    expect(lookup.asked).toHaveLength(asked);
  });

  test('is tried at the next address beside one that does not answer; who comes later is sent away', async () => {
    const { tools, clock } = await setup(['10.0.0.1', '10.0.0.2']);
    const network = new Network();
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    await clock.advance(249);
    expect(network.dialled).toHaveLength(1);
    await clock.advance(1);
    expect(network.dialled).toEqual(['10.0.0.1', '10.0.0.2']);
    network.open('10.0.0.2');
    network.open('10.0.0.1');
    expect(network.heard).toEqual(['opened', 'terminated 10.0.0.1']);
  });

  test('finds the new address of a host whose old one has fallen silent', async () => {
    const { tools, clock, lookup } = await setup(['10.0.0.1'], 600);
    const network = new Network();
    await clock.advance(5000);
    lookup.a('app.test', ['10.0.0.9'], 600);
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    await clock.advance(1000);
    expect(network.dialled).toEqual(['10.0.0.1', '10.0.0.9']);
  });

  test('begins with another address each time, and with one that has just failed last', async () => {
    const { tools } = await setup(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    const network = new Network();
    const dial = dialByName(network.dial, tools);
    dial(ADDRESS, network.owner);
    network.refuse('10.0.0.1');
    for (let more = 0; more < 3; more++) dial(ADDRESS, network.owner);
    expect(network.dialled.slice(2)).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.2']);
  });

  test('is not opened while the name has never been resolved', async () => {
    const { tools } = await setup([]);
    const network = new Network();
    dialByName(network.dial, tools)(ADDRESS, network.owner);
    expect(network.dialled).toEqual([]);
    expect(network.heard).toEqual(['failed Error: app.test is not resolved: not-found connect']);
  });

  test('to an address is opened as it is', async () => {
    const { tools } = await setup([]);
    const network = new Network();
    dialByName(network.dial, tools)({ ...ADDRESS, hostname: '::1' }, network.owner);
    expect(network.underway.get('::1')).toBe(network.owner);
  });
});

describe('a name of which nobody answers', () => {
  test('is asked for at most once in the time that an answer counts at least', async () => {
    const { book, clock, lookup } = await setup(['10.0.0.1'], 600);
    await clock.advance(10_000);
    for (let at = 0; at < 100; at++) {
      book.doubt('app.test');
      await clock.advance(50);
    }
    expect(lookup.asked.filter((question) => question === 'A app.test')).toHaveLength(1 + 6);
  });
});

describe('a connection of a check', () => {
  test('is tried at every address, and ended with all that are on their way', async () => {
    const { tools, clock } = await setup(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    const underway = new Map<string, ConnectionEvents>();
    const heard: string[] = [];
    const connect = connectByName(({ hostname }, events) => {
      underway.set(hostname, events);
      return { write: () => heard.push(`wrote ${hostname}`), destroy: () => heard.push(`destroyed ${hostname}`) };
    }, tools);
    const events = { opened: () => heard.push('opened'), received: () => undefined, closed: () => undefined };
    const connection = connect(ADDRESS, { ...events, failed: () => heard.push('failed') });
    underway.get('10.0.0.1')?.failed(REFUSED);
    await clock.advance(250);
    underway.get('10.0.0.3')?.opened();
    connection.write(new Uint8Array(1));
    connection.destroy();
    expect(heard).toEqual(['destroyed 10.0.0.2', 'opened', 'wrote 10.0.0.3', 'destroyed 10.0.0.3']);
  });
});

describe('a call', () => {
  test('goes to the next address where one cannot be reached', async () => {
    const { tools } = await setup(['10.0.0.1', '10.0.0.2']);
    const asked: string[] = [];
    const answer: CallResult = { kind: 'answered', status: 200, fields: {}, trailers: {}, body: new Uint8Array() };
    const call = callByName(({ address }) => {
      asked.push(address.hostname);
      const isFirst = asked.length === 1;
      return Promise.resolve(isFirst ? { kind: 'unreachable', error: REFUSED } : answer);
    }, tools);
    const request: Call = {
      address: ADDRESS,
      authority: 'app.test:1',
      path: '/',
      fields: {},
      body: new Uint8Array(),
      maxBody: 1,
      signal: new AbortController().signal,
    };
    expect(await call(request)).toBe(answer);
    expect(asked).toEqual(['10.0.0.1', '10.0.0.2']);
  });
});
