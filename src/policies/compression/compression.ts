// Compresses responses for clients that ask for it.
//
// Whether a response can be compressed depends on the response alone. If it can, every form of it says
// `Vary: Accept-Encoding`, also the plain one for a client that names no coding: otherwise a cache would give the plain
// form to clients that take a smaller one. Every response is asked, so that question makes no strings.
import { isLeftOut, leavingOut } from '../../http1/write-fields.ts';
import { SEMICOLON, SP, TAB, ascii, equalsLowered, latin1 } from '../../message/bytes.ts';
import { type Edit, type Edits, responseEdit } from '../../message/edits.ts';
import { CONNECTION } from '../../message/field-names.ts';
import { NO_FIELD, findField, isNamed, isText, listsElement } from '../../message/field-value.ts';
import { BODY_LENGTH, BODY_NONE, type Head } from '../../message/head.ts';
import type { Policy, PolicyKind } from '../contract.ts';
import { CODINGS, type Coding, chooseCoding } from './accept-encoding.ts';
import { type Compression, Compressor } from './compressor.ts';
import { type CompressionOptions, options } from './options.ts';

export const compression = {
  type: 'compression',
  summary: 'Compresses responses by br, zstd, gzip or deflate, as the client likes it best.',
  place: 'answer',
  options,
  words: 0,
  isShared: true,
  create({ level, min_bytes: minBytes, content_types }): Policy {
    const types = new MediaTypes(content_types);
    return {
      stage(request, response) {
        if (!isCompressible(response.head, minBytes, types)) return null;
        const plan = planCompression(request.head, response.head, level);
        changeHead(response.head, plan === null ? null : plan.coding, request.responseEdits);
        return plan === null ? null : (output) => new Compressor(plan, output);
      },
    };
  },
} as const satisfies PolicyKind<CompressionOptions>;

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

// Digests of the bytes as they are (RFC 9530); Content-MD5 is their ancestor.
const DIGESTS = ['content-digest', 'repr-digest', 'digest', 'content-md5'];
// A bit for the length of each name that `isFixing` looks for.
const FIXING_LENGTHS = ['content-encoding', 'cache-control', ...DIGESTS].reduce(
  (bits, name) => bits | (1 << name.length),
  0,
);
const CONTENT_TYPE_LENGTH = 'content-type'.length;
const EVENT_STREAM = new MediaTypes(['text/event-stream']);

/** True if some client is given that response compressed. Makes nothing: it is asked for each response. */
export function isCompressible(response: Head, minBytes: number, types: MediaTypes): boolean {
  // BODY_NONE: HEAD, 1xx, 204, 304, or empty. 206 is a part of the very bytes that the backend has.
  if (response.framing === BODY_NONE || response.status === 206) return false;
  if (response.framing === BODY_LENGTH && response.length < minBytes) return false;
  return hasOneOf(types, response) && !hasFixing(response);
}

// Its one Content-Type is listed. Most other fields are passed over by the length of their names.
function hasOneOf(types: MediaTypes, response: Head): boolean {
  const { bytes, fields, count } = response;
  let found = 0;
  for (let f = 0; f < count; f++) {
    if (fields[f * 4 + 1] - fields[f * 4] !== CONTENT_TYPE_LENGTH || !isNamed(response, f, 'content-type')) continue;
    if (!types.has(bytes, fields[f * 4 + 2], fields[f * 4 + 3])) return false;
    found++;
  }
  return found === 1;
}

// Every compressible response comes here: most of its fields are passed over by the length of their names.
function hasFixing(response: Head): boolean {
  const { fields, count } = response;
  for (let f = 0; f < count; f++) {
    const length = fields[f * 4 + 1] - fields[f * 4];
    if (length < 32 && (FIXING_LENGTHS & (1 << length)) !== 0 && isFixing(response, f)) return true;
  }
  return false;
}

/** How a compressible response is compressed for the client that asked for it; null: not at all. */
export function planCompression(request: Head, response: Head, level: number): Compression | null {
  const coding = chooseCoding(request);
  if (coding === null || forbidsTransform(request)) return null;
  return {
    coding,
    level,
    length: response.framing === BODY_LENGTH ? response.length : 0,
    isEventStream: hasOneOf(EVENT_STREAM, response),
  };
}

const VARY = responseEdit.append('Vary', 'Accept-Encoding');
// Ranges would be of the bytes that the backend has.
const NO_RANGES = responseEdit.remove('Accept-Ranges');
const NO_ETAG = responseEdit.remove('ETag');
const ENCODINGS = new Map(CODINGS.map((coding) => [coding, responseEdit.set('Content-Encoding', coding)]));
// A Vary that Connection names does not go on.
const NOMINATED = leavingOut([CONNECTION]);

/** What a compressible response says of itself in that coding; null: as it is, for this client. */
function changeHead(response: Head, coding: Coding | null, edits: Edits<'response'>): void {
  if (!saysThatItVaries(response)) edits.add(VARY);
  const encoding = coding === null ? undefined : ENCODINGS.get(coding);
  if (encoding === undefined) return;
  edits.add(encoding);
  edits.add(NO_RANGES);
  const etag = weakEtag(response);
  if (etag !== null) edits.add(etag);
}

function saysThatItVaries(response: Head): boolean {
  for (let f = 0; f < response.count; f++) {
    if (!isNamed(response, f, 'vary') || isLeftOut(response, f, NOMINATED)) continue;
    if (listsElement(response, f, 'accept-encoding') || listsElement(response, f, '*')) return true;
  }
  return false;
}

// RFC 9110 8.8.1: a strong validator stands for one sequence of bytes, and these are others now. A value that is no
// entity tag cannot be weakened, and somebody might take it for a strong one.
function weakEtag(response: Head): Edit<'response'> | null {
  const f = findField(response, 'etag');
  if (f === NO_FIELD) return null;
  if (f < 0) return NO_ETAG;
  const value = latin1(response.bytes, response.fields[f * 4 + 2], response.fields[f * 4 + 3]);
  if (value.startsWith('W/')) return null;
  return value.startsWith('"') ? responseEdit.set('ETag', `W/${value}`) : NO_ETAG;
}

// With that field the body has to stay as it is: it is encoded already, has a digest, or must not be transformed.
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

// RFC 9111 5.2.1.6, 5.2.2.6: requests may say it as well.
function forbidsTransform(head: Head): boolean {
  for (let f = 0; f < head.count; f++) {
    if (isNamed(head, f, 'cache-control') && listsElement(head, f, 'no-transform')) return true;
  }
  return false;
}
