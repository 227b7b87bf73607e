// What a request asks of an answer that is stored: all of it, a part, or only whether it has changed (RFC 9110 13 and 14).
import { parseHttpDate } from '../../core/http-date.ts';

export type Conditions = {
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
  readonly range: string | null;
  readonly ifRange: string | null;
};

export type StoredFacts = {
  readonly status: number;
  readonly etag: string | null;
  /** As the fields say. */
  readonly lastModified: string | null;
  readonly date: string | null;
  readonly length: number;
};

export type Wanted =
  | { readonly kind: 'whole' | 'not_modified' | 'unsatisfiable' }
  /** [start, end) of the body. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number };

const WHOLE: Wanted = { kind: 'whole' };

/** `now`: milliseconds since 1970. */
export function wantedOf(stored: StoredFacts, conditions: Conditions, isGet: boolean, now: number): Wanted {
  // RFC 9110 13.2.1: what would not be a success is given as it is.
  if (stored.status < 200 || stored.status > 299) return WHOLE;
  if (isUnchanged(stored, conditions, now)) return { kind: 'not_modified' };
  const { range, ifRange } = conditions;
  if (range === null || !isGet || stored.status !== 200) return WHOLE;
  if (ifRange !== null && !isSameForm(stored, ifRange)) return WHOLE;
  return partOf(range, stored.length);
}

function isUnchanged({ etag, lastModified, date }: StoredFacts, conditions: Conditions, now: number): boolean {
  const { ifNoneMatch, ifModifiedSince } = conditions;
  if (ifNoneMatch !== null) return ifNoneMatch.trim() === '*' || (etag !== null && lists(ifNoneMatch, etag));
  if (ifModifiedSince === null) return false;
  const since = parseHttpDate(ifModifiedSince, now);
  // It has not changed since it was sent (RFC 9111 4.3.2).
  const changed = parseHttpDate(lastModified ?? date ?? '', now);
  return since !== null && changed !== null && changed <= since;
}

const TAGS = /(?:W\/)?"[^"]*"/g;

// A weak comparison (RFC 9110 8.8.3.2). Some origins leave out the quotes.
function lists(list: string, etag: string): boolean {
  const wanted = withoutWeakness(etag);
  const tags = list.match(TAGS) ?? [];
  return tags.some((tag) => withoutWeakness(tag) === wanted) || list.trim() === etag;
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

// A strong comparison; of a date, that it is the very same (RFC 9110 13.1.5).
function isSameForm({ etag, lastModified }: StoredFacts, ifRange: string): boolean {
  const text = ifRange.trim();
  if (text.startsWith('W/')) return false;
  return text.startsWith('"') ? text === etag : lastModified !== null && text === lastModified.trim();
}

// Of several parts the client gets the whole: it must be able to take that (RFC 9110 14.2).
function partOf(range: string, length: number): Wanted {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range.trim());
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '') || length === 0) return WHOLE;
  if (first === '') return suffixOf(Number(last), length);
  const start = Number(first);
  const end = last === '' ? length : Math.min(Number(last) + 1, length);
  if (last !== '' && Number(last) < start) return WHOLE;
  return start >= length ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
}

function suffixOf(size: number, length: number): Wanted {
  return size === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: Math.max(0, length - size), end: length };
}
