// How many descriptors this process may have, and which one is next (getrlimit(2), eventfd(2)).
import type { AcceptGate, Descriptors } from '../core/descriptors.ts';
import { acceptGate } from './accept-gate.ts';
import { descriptorOf } from './socket-options.ts';
import { type SystemCalls, systemCalls } from './system-calls.ts';

const RLIMIT_NOFILE = 7;
const SOFT = 0;
const HARD = 1;
const EFD_CLOEXEC = 0o2000000;

/** So many clients may wait to be accepted; the system cuts it down to net.core.somaxconn. One that finds no room tries again
 * after a second: of 3,000 that came at once, with the runtime's 512 the slowest hundredth waited for that. */
export const QUEUE = 4096;

/** Of this process. Raises its limit as far as an ordinary user may. */
export function createDescriptors(): Descriptors {
  const calls = systemCalls();
  return calls === null ? UNKNOWN : new LinuxDescriptors(calls);
}

const UNKNOWN: Descriptors = {
  limit: Number.POSITIVE_INFINITY,
  numberOf: () => null,
  next: () => 0,
  gateOf: () => null,
  deepenQueue: () => undefined,
};

class LinuxDescriptors implements Descriptors {
  limit: number;
  private readonly limits = new BigUint64Array(2);

  constructor(private readonly calls: SystemCalls) {
    this.raise();
    this.limit = this.readLimit();
  }

  private readLimit(): number {
    return this.calls.getrlimit(RLIMIT_NOFILE, this.limits) === 0
      ? Number(this.limits[SOFT])
      : Number.POSITIVE_INFINITY;
  }

  private raise(): void {
    const { limits } = this;
    if (this.calls.getrlimit(RLIMIT_NOFILE, limits) !== 0 || limits[SOFT] >= limits[HARD]) return;
    limits[SOFT] = limits[HARD];
    this.calls.setrlimit(RLIMIT_NOFILE, limits);
  }

  numberOf(socket: object): number | null {
    return descriptorOf(socket);
  }

  // Asks for the limit, too: an operator may change it while the gateway runs (prlimit(1)).
  next(): number | null {
    this.limit = this.readLimit();
    const number = this.calls.eventfd(0, EFD_CLOEXEC);
    if (number < 0) return null;
    this.calls.close(number);
    return number;
  }

  gateOf(listener: object): AcceptGate | null {
    const fd = descriptorOf(listener);
    return fd === null ? null : acceptGate(this.calls, fd);
  }

  deepenQueue(listener: object): void {
    const fd = descriptorOf(listener);
    if (fd !== null) this.calls.listen(fd, QUEUE);
  }
}
