// The entity tags of compressed forms.
//
// A strong tag stands for one sequence of bytes (RFC 9110 8.8.1), and a compressed form has others than the origin's: it
// gets a tag of its own, `"x-ks-gzip"` for `"x"`. When a client names it in a condition, the origin sees its own tag again.
// The tag stays a strong one, since If-Match never holds for a weak one. A weak tag of the origin stands for all forms,
// and stays as it is.
import { type Edits, requestEdit, whyNoEdit } from '../../message/edits.ts';
import type { PolicyRequest } from '../contract.ts';
import type { Coding } from './accept-encoding.ts';

const MARK = '-ks-';
const CODED = /-ks-(?:br|zstd|gzip|deflate)"/g;
// A proxy on the way may have weakened a tag, which makes no difference where tags are compared weakly.
const CODED_OR_WEAKENED = /(?:W\/)?("[^"]*?)-ks-(?:br|zstd|gzip|deflate)"/g;
const TAG = /^(?:W\/)?"[^"]*"$/;
const TAGS = /(?:W\/)?"[^"]*"/g;

/** The tag of the form in that coding; the same tag where it is weak; null: it is no entity tag. */
export function codedTag(tag: string, coding: Coding): string | null {
  if (!TAG.test(tag)) return null;
  return tag.startsWith('W/') ? tag : `${tag.slice(0, -1)}${MARK}${coding}"`;
}

/** Puts the origin's own tags into the conditions of a request. */
export function mapConditions(request: PolicyRequest): void {
  const edits = request.requestEdits;
  setPlain(edits, 'If-Match', request.field('if-match'), CODED, '"');
  setPlain(edits, 'If-None-Match', request.field('if-none-match'), CODED_OR_WEAKENED, '$1"');
  setPlain(edits, 'If', request.field('if'), CODED, '"');
  const range = request.field('if-range');
  if (range === null || plainTag(range) === range) return;
  // The part that the client has is of a compressed form, and the rest of the origin's would not fit behind it: the client
  // gets the whole, as if the tag had changed.
  edits.add(requestEdit.remove('If-Range'));
  edits.add(requestEdit.remove('Range'));
}

// A list that is too long for an edit stays as it is: then no condition holds, and the client gets the whole.
function setPlain(edits: Edits<'request'>, name: string, value: string | null, coded: RegExp, plain: string): void {
  if (value === null) return;
  const mapped = value.replace(coded, plain);
  if (mapped !== value && whyNoEdit('request', name, mapped) === null) edits.add(requestEdit.set(name, mapped));
}

/** The tag of a 304 for a request with that If-None-Match: the one by which the client has the form that the 304 is about.
 * `coding`: in which the client would get the whole. */
export function confirmedTag(tag: string, ifNoneMatch: string, coding: Coding | null): string {
  const matching = (ifNoneMatch.match(TAGS) ?? []).filter((listed) => plainTag(listed) === tag);
  const coded = coding === null ? null : codedTag(tag, coding);
  const preferred = [coded, tag].find((wanted) => wanted !== null && matching.includes(wanted));
  return preferred ?? matching[0] ?? tag;
}

function plainTag(tag: string): string {
  return tag.replace(CODED_OR_WEAKENED, '$1"');
}
