// Claims of clients (field-names.ts) that a tenant wants passed on.
import { equalsLowered } from './bytes.ts';
import { CLAIM, LOOKALIKE, OTHER, classify } from './field-names.ts';
import type { Head } from './head.ts';

/** Lets the fields of these names go on like any other; names in lower case. */
export function allowClaims(head: Head, names: readonly Uint8Array[]): void {
  const { bytes, fields, kinds } = head;
  for (let f = 0; f < head.count; f++) {
    if (kinds[f] !== CLAIM && kinds[f] !== LOOKALIKE) continue;
    const start = fields[f * 4];
    const length = fields[f * 4 + 1] - start;
    for (const name of names) if (name.length === length && equalsLowered(bytes, start, name)) kinds[f] = OTHER;
  }
}

/** True if the name, with hyphens for its underscores, is that of a claim. */
export function isClaim(name: string): boolean {
  const bytes = new TextEncoder().encode(name.replaceAll('_', '-'));
  return classify(bytes, 0, bytes.length) === CLAIM;
}
