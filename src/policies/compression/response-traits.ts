// What the fields of a response say about whether its body may be compressed. Every response is asked, so that they are gone through
// once, and nothing is made.
import { isLeftOut, leavingOut } from '../../http1/write-fields.ts';
import { SEMICOLON, SP, TAB, ascii, equalsLowered } from '../../message/bytes.ts';
import { CONNECTION, OTHER } from '../../message/field-names.ts';
import { isNamed, isText, listsElement } from '../../message/field-value.ts';
import { BODY_LENGTH, BODY_NONE, type Head } from '../../message/head.ts';

const ALL_OF_A_FAMILY = '/*';

/** A list of media types; `type/*` stands for a family. */
export class MediaTypes {
  /** By length, so that most of the list is passed over at once. */
  private readonly byLength: (readonly Uint8Array[] | undefined)[] = [];
  /** Each with its slash. */
  private readonly families: readonly Uint8Array[];

  /** `types`: lower-case, without parameters. */
  constructor(types: readonly string[]) {
    const families = types.filter((type) => type.endsWith(ALL_OF_A_FAMILY));
    this.families = families.map((type) => ascii(type.slice(0, -1)));
    for (const type of types) this.byLength[type.length] = [...(this.byLength[type.length] ?? []), ascii(type)];
  }

  /** Whether the value of a Content-Type field, bytes[start, end), is among them. Its parameters are ignored. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    let last = start;
    while (last < end && bytes[last] !== SEMICOLON) last++;
    while (last > start && (bytes[last - 1] === SP || bytes[last - 1] === TAB)) last--;
    const length = last - start;
    const types = this.byLength[length];
    if (types !== undefined) for (const type of types) if (equalsLowered(bytes, start, type)) return true;
    for (const family of this.families) if (family.length <= length && equalsLowered(bytes, start, family)) return true;
    return false;
  }
}

/** Its one Content-Type is among those that are wanted. */
const WANTED_TYPE = 1;
/** It has a Content-Type that is not, or several. */
export const OTHER_TYPE = 2;
/** Its body has to stay as it is. */
export const FIXED = 4;
/** It says that it varies by Accept-Encoding. */
export const VARIES = 8;

const TYPE = 'content-type';
const VARY = 'vary';
const DIGESTS = ['content-digest', 'repr-digest', 'digest', 'content-md5']; // RFC 9530; Content-MD5 is their ancestor
const ASKED = [TYPE, VARY, 'content-encoding', 'cache-control', ...DIGESTS];
// 1 for length and first letter of each of these names: most fields have another.
const LONGEST = 16;
const MAY_BE_ASKED = new Uint8Array((LONGEST + 1) * 32);
for (const name of ASKED) MAY_BE_ASKED[slotOf(ascii(name), 0, name.length)] = 1;
// A Vary that Connection names does not go on.
const NOMINATED = leavingOut([CONNECTION]);

// Upper and lower case have the same last five bits.
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  return (end - start) * 32 + (bytes[start] & 31);
}

/** What the response's fields say, as the flags above. */
export function traitsOf(response: Head, types: MediaTypes): number {
  const { bytes, fields, kinds, count } = response;
  let traits = 0;
  for (let f = 0; f < count; f++) {
    if (kinds[f] !== OTHER) continue;
    const slot = slotOf(bytes, fields[f * 4], fields[f * 4 + 1]);
    if (slot < MAY_BE_ASKED.length && MAY_BE_ASKED[slot] === 1) traits |= traitOf(response, f, traits, types);
  }
  return traits;
}

function traitOf(response: Head, f: number, others: number, types: MediaTypes): number {
  if (isNamed(response, f, TYPE)) {
    const isFirst = (others & (WANTED_TYPE | OTHER_TYPE)) === 0;
    return isFirst && hasType(response, f, types) ? WANTED_TYPE : OTHER_TYPE;
  }
  if (isNamed(response, f, VARY)) return isVarying(response, f) ? VARIES : 0;
  return isFixing(response, f) ? FIXED : 0;
}

function hasType({ bytes, fields }: Head, f: number, types: MediaTypes): boolean {
  return types.has(bytes, fields[f * 4 + 2], fields[f * 4 + 3]);
}

function isVarying(response: Head, f: number): boolean {
  if (isLeftOut(response, f, NOMINATED)) return false;
  return listsElement(response, f, 'accept-encoding') || listsElement(response, f, '*');
}

// It is encoded already, has a digest of the bytes as they are, or must not be transformed.
function isFixing(response: Head, f: number): boolean {
  if (isNamed(response, f, 'content-encoding')) return !isIdentity(response, f);
  if (isNamed(response, f, 'cache-control')) return listsElement(response, f, 'no-transform');
  for (const digest of DIGESTS) if (isNamed(response, f, digest)) return true;
  return false;
}

// `Content-Encoding: identity` is not registered, but said by some; it says nothing.
function isIdentity({ bytes, fields }: Head, f: number): boolean {
  return isText(bytes, fields[f * 4 + 2], fields[f * 4 + 3], 'identity');
}

/** It has a body that is large enough. */
export function hasBody(response: Head, minBytes: number): boolean {
  // BODY_NONE: HEAD, 1xx, 204, 304, or empty. 206 is a part of the very bytes that the backend has.
  if (response.framing === BODY_NONE || response.status === 206) return false;
  return response.framing !== BODY_LENGTH || response.length >= minBytes;
}

/** Some client is given a response with these traits compressed, if it has a body for that. */
export function isCompressible(traits: number): boolean {
  return (traits & (WANTED_TYPE | OTHER_TYPE | FIXED)) === WANTED_TYPE;
}

const EVENT_STREAM = new MediaTypes(['text/event-stream']);

/** It sends events, as they happen. */
export function isEventStream(response: Head): boolean {
  return (traitsOf(response, EVENT_STREAM) & (WANTED_TYPE | OTHER_TYPE)) === WANTED_TYPE;
}
