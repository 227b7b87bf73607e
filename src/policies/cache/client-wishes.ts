// What Cache-Control and Pragma of a request want (RFC 9111 5.2.1), where they are heeded.
import { type Directives, directivesOf, secondsOf } from './directives.ts';

export const NO_WISHES: Directives = new Map();

export function wishesOf(cacheControl: string | null, pragma: string | null): Directives {
  if (cacheControl === null && pragma?.toLowerCase().includes('no-cache') === true)
    return new Map([['no-cache', true]]);
  return directivesOf(cacheControl);
}

/** Whether they are content with an answer of that age, in milliseconds. */
export function isContent(wishes: Directives, age: number, ttl: number): boolean {
  if (wishes.size === 0) return ttl > 0;
  if (wishes.has('no-cache')) return false;
  const most = secondsOf(wishes, 'max-age');
  if (most !== null && age > most * 1000) return false;
  return ttl > (secondsOf(wishes, 'min-fresh') ?? 0) * 1000;
}

/** Whether they are content with an answer that has been stale for so long. */
export function takesStale(wishes: Directives, staleFor: number): boolean {
  const value = wishes.get('max-stale');
  return value === true || (value !== undefined && staleFor <= (secondsOf(wishes, 'max-stale') ?? 0) * 1000);
}
