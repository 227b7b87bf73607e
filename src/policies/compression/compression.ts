// Compresses responses for clients that ask for it.
//
// Whether a response can be compressed depends on the response alone. If it can, every form of it says
// `Vary: Accept-Encoding`, also the plain one for a client that names no coding: otherwise a cache would give the plain
// form to clients that take a smaller one.
import { latin1 } from '../../message/bytes.ts';
import { type Edit, type Edits, responseEdit, whyNoEdit } from '../../message/edits.ts';
import { CONTENT_LENGTH, HINT_CONDITION } from '../../message/field-names.ts';
import { NO_FIELD, findField, isNamed, listsElement } from '../../message/field-value.ts';
import { BODY_LENGTH, type Head } from '../../message/head.ts';
import type { BodyStage, OpenStage, StageOutput } from '../stage.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { CODINGS, type Coding, chooseCoding } from './accept-encoding.ts';
import { type Compression, Compressor } from './compressor.ts';
import { codedTag, confirmedTag, mapConditions } from './entity-tags.ts';
import { codedAnswer } from './kept-answer.ts';
import { type CompressionOptions, options } from './options.ts';
import {
  FIXED,
  MediaTypes,
  OTHER_TYPE,
  VARIES,
  hasBody,
  isCompressible,
  isEventStream,
  traitsOf,
} from './response-traits.ts';

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
        if (!hasBody(head, minBytes)) return describeForm(request, head, minBytes, types);
        const traits = traitsOf(head, types);
        if (!isCompressible(traits)) return null;
        const plan = request.isSparing ? null : planCompression(request.head, head, level);
        changeHead(head, traits, plan === null ? null : plan.coding, request.responseEdits);
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
  const traits = traitsOf(head, types);
  if ((traits & (FIXED | OTHER_TYPE)) !== 0) return;
  addVary(traits, request.responseEdits);
  const f = findField(head, 'etag');
  const listed = (request.head.hints & HINT_CONDITION) === 0 ? null : request.field('if-none-match');
  if (f < 0 || listed === null) return;
  const tag = textOf(head, f);
  const confirmed = confirmedTag(tag, listed, chooseCoding(request.head));
  if (confirmed !== tag) request.responseEdits.add(responseEdit.set('ETag', confirmed));
}

// A part is always one of the bytes that the backend has.
function describePart(request: PolicyRequest, head: Head, types: MediaTypes): void {
  const traits = traitsOf(head, types);
  if (isCompressible(traits)) addVary(traits, request.responseEdits);
}

function describeHead(request: PolicyRequest, head: Head, minBytes: number, types: MediaTypes): OpenStage | null {
  const isSmall = head.hasKind(CONTENT_LENGTH) && head.length < Math.max(1, minBytes);
  const traits = traitsOf(head, types);
  if (isSmall || !isCompressible(traits)) return null;
  const coding = forbidsTransform(request.head) ? null : chooseCoding(request.head);
  changeHead(head, traits, coding, request.responseEdits);
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

/** How a compressible response is compressed for the client that asked for it; null: not at all. */
export function planCompression(request: Head, response: Head, level: number): Compression | null {
  const coding = chooseCoding(request);
  if (coding === null || forbidsTransform(request)) return null;
  return {
    coding,
    level,
    length: response.framing === BODY_LENGTH ? response.length : 0,
    isEventStream: isEventStream(response),
  };
}

const VARY = responseEdit.append('Vary', 'Accept-Encoding');
// Ranges would be of the bytes that the backend has.
const NO_RANGES = responseEdit.remove('Accept-Ranges');
const NO_ETAG = responseEdit.remove('ETag');
const ENCODINGS = new Map(CODINGS.map((coding) => [coding, responseEdit.set('Content-Encoding', coding)]));

/** What a compressible response says of itself in that coding; null: as it is, for this client. */
function changeHead(response: Head, traits: number, coding: Coding | null, edits: Edits<'response'>): void {
  addVary(traits, edits);
  const encoding = coding === null ? undefined : ENCODINGS.get(coding);
  if (coding === null || encoding === undefined) return;
  edits.add(encoding);
  edits.add(NO_RANGES);
  const etag = etagOf(response, coding);
  if (etag !== null) edits.add(etag);
}

function addVary(traits: number, edits: Edits<'response'>): void {
  if ((traits & VARIES) === 0) edits.add(VARY);
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

// RFC 9111 5.2.1.6, 5.2.2.6: requests may say it as well.
function forbidsTransform(head: Head): boolean {
  for (let f = 0; f < head.count; f++) {
    if (isNamed(head, f, 'cache-control') && listsElement(head, f, 'no-transform')) return true;
  }
  return false;
}
