// The protocols towards backends. A new one is a new folder and one line here.
import type { TransportType } from '../plan/pool-plan.ts';
import { auto } from './auto/transport-auto.ts';
import type { Transport, TransportKind, TransportTarget, TransportTools } from './contract.ts';
import { h1 } from './h1/transport-h1.ts';
import { h2 } from './h2/transport-h2.ts';

const transports = { h1, h2, auto } as const satisfies Readonly<Record<TransportType, TransportKind>>;

/** The transport of a backend. */
export function createTransport(type: TransportType, target: TransportTarget, tools: TransportTools): Transport {
  return transports[type].create(target, tools);
}
