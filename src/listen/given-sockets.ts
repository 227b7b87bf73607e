// Sockets that somebody else has made: a service manager, in whose sockets clients wait while the gateway is restarted, or the
// process whose place this one takes, which serves by them as well.
import { parseAddress } from '../core/cidr.ts';
import type { BoundAddress, Descriptor, WantedAddress } from '../core/kernel-sockets.ts';
import { err } from '../core/result.ts';
import type { GivenSocket } from './given-socket.ts';
import { type ListenOn, bindHere, formatAddress, onGiven } from './sockets.ts';

export class GivenSockets {
  private left: GivenSocket[];

  constructor(
    sockets: readonly GivenSocket[],
    /** Whose sockets need not be used: whoever has them looks after the clients in them. Null: those of a service manager,
     * which keeps them open, so that clients would wait for ever. */
    private readonly spare: ((descriptor: Descriptor) => void) | null = null,
  ) {
    this.left = [...sockets];
  }

  /** Those that are bound to the address; they are the caller's from then on. `most`: how many it can use. */
  take(wanted: WantedAddress, most = Number.POSITIVE_INFINITY): readonly GivenSocket[] {
    const first = this.left.find((socket) => isFor(wanted, socket));
    if (first === undefined) return [];
    const all = this.left.filter(({ address }) => isSameAddress(address, first.address));
    const taken = this.spare === null ? all : all.slice(0, most);
    this.left = this.left.filter((socket) => !taken.includes(socket));
    return taken;
  }

  get isEmpty(): boolean {
    return this.left.length === 0;
  }

  /** Gives back what nobody has taken, where that is allowed. */
  giveBack(): void {
    if (this.spare !== null) for (const { descriptor } of this.left.splice(0)) this.spare(descriptor);
  }

  /** A listener of one process uses the socket of its address, where there is one. */
  readonly listenOn: ListenOn = (wanted, handlers, kernel) => {
    const [first, ...more] = this.take(wanted, 1);
    if (first === undefined) return bindHere(wanted, handlers, kernel);
    // Nobody would accept from the others, and the service manager keeps them open.
    if (more.length > 0) return err(describeTooMany(more.length + 1, first.address, 1));
    return onGiven(first)(wanted, handlers, kernel);
  };

  /** Why the gateway cannot use all of them: clients would wait in one that nobody accepts from. Null: it does. */
  get problem(): string | null {
    const [first] = this.left;
    if (first === undefined || this.spare !== null) return null;
    const place = formatAddress(first.address);
    return `the service manager has given a socket for ${place}, but no listener of the configuration has this address`;
  }
}

/** Each worker serves one socket of an address. */
export function describeTooMany(count: number, address: BoundAddress, workers: number): string {
  const given = `${count} sockets were given for ${formatAddress(address)}`;
  return `${given}, and each worker serves one of them; there must be at least as many workers, not ${workers}`;
}

function isFor(wanted: WantedAddress, given: GivenSocket): boolean {
  return isBoundAs(wanted, given.address) || JSON.stringify(wanted) === JSON.stringify(given.wanted);
}

function isSameAddress(one: BoundAddress, other: BoundAddress): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
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
