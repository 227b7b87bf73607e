// Which requests somebody wants to see.
import { type Result, err, ok } from '../../core/result.ts';
import { parseDuration } from '../../core/units.ts';
import type { LiveRequest } from './live-request.ts';

/** Null: any. */
export type RequestFilter = {
  readonly tenant: string | null;
  /** Requests of other tenants, and of none, are not to be seen. */
  readonly among: readonly string[] | null;
  /** From and to, both included. */
  readonly status: readonly [from: number, to: number] | null;
  /** Milliseconds. */
  readonly slower: number | null;
  readonly method: string | null;
  /** What the path has in it. */
  readonly path: string | null;
};

/** Shown by each filter. */
export type Shown = Pick<LiveRequest, 'tenant' | 'status' | 'duration_ms' | 'method' | 'path'>;

export function passes({ tenant, among, status, slower, method, path }: RequestFilter, request: Shown): boolean {
  return (
    (tenant === null || request.tenant === tenant) &&
    (among === null || (request.tenant !== null && among.includes(request.tenant))) &&
    (status === null || (request.status >= status[0] && request.status <= status[1])) &&
    (slower === null || request.duration_ms > slower) &&
    (method === null || request.method === method) &&
    (path === null || request.path.includes(path))
  );
}

/** `status`: 503, or 5xx; `slower`: 500ms. Empty texts say nothing. The error is one line for people. */
export function readFilter(query: URLSearchParams): Result<RequestFilter, string> {
  const text = (name: string): string | null => query.get(name) || null;
  const status = readStatus(text('status'));
  if (status === undefined) return err('status must be a number such as 503, or a class such as 5xx');
  const slower = text('slower');
  const duration = slower === null ? null : parseDuration(slower);
  if (slower !== null && duration === null) return err('slower must be a duration such as 500ms or 2s');
  const method = text('method')?.toUpperCase() ?? null;
  return ok({ tenant: text('tenant'), among: null, status, slower: duration, method, path: text('path') });
}

// Undefined: it is neither.
function readStatus(text: string | null): RequestFilter['status'] | undefined {
  if (text === null) return null;
  const hundreds = /^([1-5])xx$/i.exec(text)?.[1];
  if (hundreds !== undefined) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99];
  return /^\d{1,3}$/.test(text) ? [Number(text), Number(text)] : undefined;
}
