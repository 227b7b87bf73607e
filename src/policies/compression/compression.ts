// Compresses responses for clients that ask for it.
//
// Whether a response can be compressed depends on the response alone. If it can, every form of it says
// `Vary: Accept-Encoding`, also the plain one for a client that names no coding: otherwise a cache would give the plain
// form to clients that take a smaller one. Every response is asked, so that question makes no strings.
import { isLeftOut, leavingOut } from '../../http1/write-fields.ts';
import { SEMICOLON, SP, TAB, ascii, equalsLowered, latin1 } from '../../message/bytes.ts';
import { type Edit, type Edits, responseEdit, whyNoEdit } from '../../message/edits.ts';
import { CONNECTION, CONTENT_LENGTH, HINT_CONDITION, OTHER } from '../../message/field-names.ts';
import { NO_FIELD, findField, isNamed, isText, listsElement } from '../../message/field-value.ts';
import { BODY_LENGTH, BODY_NONE, type Head } from '../../message/head.ts';
import type { BodyStage, OpenStage, StageOutput } from '../stage.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { CODINGS, type Coding, chooseCoding } from './accept-encoding.ts';
import { type Compression, Compressor } from './compressor.ts';
import { codedTag, confirmedTag, mapConditions } from './entity-tags.ts';
import { codedAnswer } from './kept-answer.ts';
import { type CompressionOptions, options } from './options.ts';

export const compression = {
  type: 'compression',
  summary: 'Compresses responses by br, zstd, gzip or deflate, as the client likes it best.',
  options,
  words: () => 0,
  isShared: true,
  create({ level, min_bytes: minBytes, content_types }, { turns }: Pick<PolicyTools, 'turns'>): Policy {
    const types = new MediaTypes(content_types);
    const hasType = (type: Uint8Array): boolean => types.has(type, 0, type.length);
    return {
      kept: (request, response) => codedAnswer(request, response, { level, minBytes, hasType, turns }),
      request(request) {
        if ((request.head.hints & HINT_CONDITION) !== 0) mapConditions(request);
        return CONTINUE;
      },
      stage(request, head) {
        if (head.framing === BODY_NONE || head.status === 206) return describeForm(request, head, minBytes, types);
        if (!isCompressible(head, minBytes, types)) return null;
        const plan = request.isSparing ? null : planCompression(request.head, head, level);
        changeHead(head, plan === null ? null : plan.coding, request.responseEdits);
        return plan === null ? null : (output) => new Compressor(plan, turns, output);
      },
    };
  },
} as const satisfies PolicyKind<CompressionOptions>;

// A response that does not show the whole body, but speaks of a form that has one, says the same of it as the answer to a
// GET.
function describeForm(request: PolicyRequest, head: Head, minBytes: number, types: MediaTypes): OpenStage | null {
  if (head.status === 304) describeConfirmed(request, head, types);
  else if (head.status === 206) describePart(request, head, types);
  else if (request.head.isHeadMethod && head.status >= 200 && head.status !== 204)
    return describeHead(request, head, minBytes, types);
  return null;
}

// A 304 as a rule does not say what type the form has: then it may be one that is compressed (RFC 9110 15.4.5).
function describeConfirmed(request: PolicyRequest, head: Head, types: MediaTypes): void {
  const hasType = findField(head, 'content-type') !== NO_FIELD;
  if (hasFixing(head) || (hasType && !hasOneOf(types, head))) return;
  addVary(head, request.responseEdits);
  const f = findField(head, 'etag');
  const listed = (request.head.hints & HINT_CONDITION) === 0 ? null : request.field('if-none-match');
  if (f < 0 || listed === null) return;
  const tag = textOf(head, f);
  const confirmed = confirmedTag(tag, listed, chooseCoding(request.head));
  if (confirmed !== tag) request.responseEdits.add(responseEdit.set('ETag', confirmed));
}

// A part is always one of the bytes that the backend has.
function describePart(request: PolicyRequest, head: Head, types: MediaTypes): void {
  if (hasOneOf(types, head) && !hasFixing(head)) addVary(head, request.responseEdits);
}

function describeHead(request: PolicyRequest, head: Head, minBytes: number, types: MediaTypes): OpenStage | null {
  const isSmall = head.hasKind(CONTENT_LENGTH) && head.length < Math.max(1, minBytes);
  if (isSmall || !hasOneOf(types, head) || hasFixing(head)) return null;
  const coding = forbidsTransform(request.head) ? null : chooseCoding(request.head);
  changeHead(head, coding, request.responseEdits);
  return coding === null ? null : (output) => new NoBody(output);
}

/** The stage of a response to HEAD: there is nothing to compress, and how long the body would be is not known. */
class NoBody implements BodyStage {
  constructor(private readonly output: StageOutput) {}

  write(): boolean {
    return true;
  }

  end(): void {
    this.output.ended();
  }

  resume(): void {
    // Nothing rests here.
  }

  destroy(): void {
    // Nothing is kept here.
  }
}

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
// 1 for length and first letter of each name that `isFixing` looks for.
const LONGEST_FIXING = 16;
const MAY_FIX = new Uint8Array((LONGEST_FIXING + 1) * 32);
for (const name of ['content-encoding', 'cache-control', ...DIGESTS]) MAY_FIX[slotOf(ascii(name), 0, name.length)] = 1;
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

// Every compressible response comes here: most of its fields are passed over by the length and first letter of their names, or
// since they are of a kind that means something else to the gateway.
function hasFixing(response: Head): boolean {
  const { bytes, fields, kinds, count } = response;
  for (let f = 0; f < count; f++) {
    if (kinds[f] !== OTHER) continue;
    const slot = slotOf(bytes, fields[f * 4], fields[f * 4 + 1]);
    if (slot < MAY_FIX.length && MAY_FIX[slot] === 1 && isFixing(response, f)) return true;
  }
  return false;
}

// Upper and lower case have the same last five bits.
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  return (end - start) * 32 + (bytes[start] & 31);
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
  addVary(response, edits);
  const encoding = coding === null ? undefined : ENCODINGS.get(coding);
  if (coding === null || encoding === undefined) return;
  edits.add(encoding);
  edits.add(NO_RANGES);
  const etag = etagOf(response, coding);
  if (etag !== null) edits.add(etag);
}

function addVary(response: Head, edits: Edits<'response'>): void {
  if (!saysThatItVaries(response)) edits.add(VARY);
}

function saysThatItVaries(response: Head): boolean {
  for (let f = 0; f < response.count; f++) {
    if (!isNamed(response, f, 'vary') || isLeftOut(response, f, NOMINATED)) continue;
    if (listsElement(response, f, 'accept-encoding') || listsElement(response, f, '*')) return true;
  }
  return false;
}

// Somebody might take a value that is no entity tag for a strong one.
function etagOf(response: Head, coding: Coding): Edit<'response'> | null {
  const f = findField(response, 'etag');
  if (f === NO_FIELD) return null;
  if (f < 0) return NO_ETAG;
  const value = textOf(response, f);
  const coded = codedTag(value, coding);
  if (coded === null || whyNoEdit('response', 'ETag', coded) !== null) return NO_ETAG;
  return coded === value ? null : responseEdit.set('ETag', coded);
}

function textOf({ bytes, fields }: Head, f: number): string {
  return latin1(bytes, fields[f * 4 + 2], fields[f * 4 + 3]);
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
