// Cache-Status (RFC 9211): what the cache has done with a request.
import type { Entry } from './entry.ts';
import type { Millis } from '../../core/units.ts';

/** Why a request was passed on. */
export type Forwarded = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'request' | 'stale';

const NAME = 'keystone';

/** It was answered by what is kept. */
export function hitStatus(entry: Entry, now: Millis): string {
  return `${NAME}; hit; ttl=${Math.floor(entry.ttl(now) / 1000)}`;
}

export type Passed = {
  readonly forwarded: Forwarded;
  /** Of the backend's answer; null: it is not known. */
  readonly status: number | null;
  readonly isStored: boolean;
  /** It waited for the answer to another request. */
  readonly isCollapsed: boolean;
  /** A word; null: none. */
  readonly detail: string | null;
};

/** It was passed on. */
export function passedStatus({ forwarded, status, isStored, isCollapsed, detail }: Passed): string {
  const parts = [
    NAME,
    `fwd=${forwarded}`,
    ...(status === null ? [] : [`fwd-status=${status}`]),
    ...(isStored ? ['stored'] : []),
    ...(isCollapsed ? ['collapsed'] : []),
    ...(detail === null ? [] : [`detail=${detail}`]),
  ];
  return parts.join('; ');
}
