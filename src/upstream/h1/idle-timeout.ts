// How long a connection is kept for the next exchange.
import { type Millis, millis } from '../../core/units.ts';
import type { Head } from '../../message/head.ts';
import type { TransportLimits } from '../contract.ts';

// A backend closes at its own limit; a request that is on its way then is lost or sent again. So we are earlier.
const MARGIN = 1000;

/** The configured limit, or what the backend says of itself (`Keep-Alive: timeout=5`) less a margin. */
export function idleTimeout(head: Head, options: Pick<TransportLimits, 'idleTimeout'>): Millis {
  if (head.keepAliveSeconds === 0) return options.idleTimeout;
  const hinted = head.keepAliveSeconds * 1000;
  return millis(Math.min(options.idleTimeout, Math.max(hinted - MARGIN, hinted / 2)));
}
