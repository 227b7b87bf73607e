// Sockets that a service manager has made and hands over at the start: clients wait in them while the gateway is restarted.
import { parseAddress } from '../core/cidr.ts';
import type { BoundAddress, WantedAddress } from '../core/kernel-sockets.ts';
import { err } from '../core/result.ts';
import type { GivenSocket } from './given-socket.ts';
import { type ListenOn, bindHere, formatAddress, onGiven } from './sockets.ts';

export class GivenSockets {
  private left: readonly GivenSocket[];

  constructor(sockets: readonly GivenSocket[]) {
    this.left = sockets;
  }

  /** Those that are bound to the address; they are the caller's from then on. */
  take(wanted: WantedAddress): readonly GivenSocket[] {
    const taken = this.left.filter(({ address }) => isBoundAs(wanted, address));
    this.left = this.left.filter((socket) => !taken.includes(socket));
    return taken;
  }

  /** A listener of one process uses the socket of its address, where there is one. */
  readonly listenOn: ListenOn = (wanted, handlers, kernel) => {
    const [first, ...more] = this.take(wanted);
    if (first === undefined) return bindHere(wanted, handlers, kernel);
    // Nobody would accept from the others, and the service manager keeps them open.
    if (more.length > 0) return err(describeTooMany(more.length + 1, first.address, 1));
    return onGiven(first)(wanted, handlers, kernel);
  };

  /** Why the gateway cannot use all of them: clients would wait in one that nobody accepts from. Null: it does. */
  get problem(): string | null {
    const [first] = this.left;
    if (first === undefined) return null;
    const place = formatAddress(first.address);
    return `the service manager has given a socket for ${place}, but no listener of the configuration has this address`;
  }
}

/** Each worker serves one socket of an address. */
export function describeTooMany(count: number, address: BoundAddress, workers: number): string {
  const given = `${count} sockets were given for ${formatAddress(address)}`;
  return `${given}, and each worker serves one of them; there must be at least as many workers, not ${workers}`;
}

function isBoundAs(wanted: WantedAddress, bound: BoundAddress): boolean {
  if (wanted.kind === 'unix' || bound.kind === 'unix')
    return wanted.kind === 'unix' && bound.kind === 'unix' && wanted.path === bound.path;
  return wanted.port === bound.port && namesOf(wanted.hostname).some((name) => isSameHost(name, bound.hostname));
}

function namesOf(hostname: string | null): readonly string[] {
  if (hostname === null) return ['::', '0.0.0.0'];
  return hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname];
}

function isSameHost(one: string, other: string): boolean {
  return one === other || parseAddress(one)?.join() === parseAddress(other)?.join();
}
