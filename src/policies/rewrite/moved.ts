// Beginnings of paths that are removed and added. What differs in the end is put back in answers.
import type { Moved } from '../../message/contract.ts';

/** The path without a beginning; null: it does not begin so. */
export function withoutPrefix(path: string, prefix: string): string | null {
  if (!path.startsWith(prefix)) return null;
  const rest = path.slice(prefix.length);
  if (rest !== '' && !rest.startsWith('/')) return null;
  return `/${rest.replace(/^\/+/, '')}`;
}

/** What differs when `prefix` has been removed as well. Where nobody can say any more, nothing is put back. */
export function movedWithout(moved: Moved, prefix: string): Moved {
  const { base } = moved;
  if (base.startsWith(prefix)) return { ...moved, base: base.slice(prefix.length) };
  return prefix.startsWith(base)
    ? { ...moved, prefix: moved.prefix + prefix.slice(base.length), base: '' }
    : { prefix: '', base: '', mapsBack: false };
}

/** What differs when `base` has been put before as well. */
export function movedWith(moved: Moved, base: string): Moved {
  return { ...moved, base: base + moved.base };
}
