// Answers that the gateway keeps, for clients that ask for them compressed. Each is compressed once for each coding, and kept like
// that beside it.
import { type BrotliOptions, type ZlibOptions, brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib';
import type { WorkTurns } from '../../core/work-turns.ts';
import { ascii } from '../../message/bytes.ts';
import { type Edit, responseEdit, whyNoEdit } from '../../message/edits.ts';
import type { CodedBodies, LocalResponse } from '../../message/local-response.ts';
import type { PolicyRequest } from '../contract.ts';
import { type Coding, chooseCoding } from './accept-encoding.ts';
import { brotliParams } from './encoders.ts';
import { codedTag, confirmedTag } from './entity-tags.ts';
import { compressWhole, mostAtOnce } from './whole-body.ts';

export type KeptRules = {
  readonly level: number;
  readonly minBytes: number;
  /** Whether bodies of that type are compressed. */
  readonly hasType: (type: Uint8Array) => boolean;
  readonly turns: Pick<WorkTurns, 'now' | 'hasTime' | 'took'>;
};

const FIXING = ['content-encoding', 'content-digest', 'repr-digest', 'digest', 'content-md5'];
const VARY = responseEdit.append('Vary', 'Accept-Encoding');

/** What the client gets; the head is changed by edits. */
export function codedAnswer(request: PolicyRequest, kept: LocalResponse, rules: KeptRules): LocalResponse {
  const { status, coded } = kept;
  const tag = valueOf(kept, 'etag');
  if (coded === undefined || hasFixing(kept)) return kept;
  if (status === 304) return confirmed(request, kept, tag);
  if (!isOfType(kept, rules)) return kept;
  if (!variesAlready(kept)) request.responseEdits.add(VARY);
  if (status === 206 || kept.body.length < Math.max(1, rules.minBytes)) return kept;
  const coding = forbidsTransform(request.field('cache-control')) ? null : chooseCoding(request.head);
  if (coding === null) return kept;
  const body = bodyIn(coding, kept.body, { coded, rules, isSparing: request.isSparing });
  if (body === null) return kept;
  for (const edit of editsFor(coding, tag)) request.responseEdits.add(edit);
  return { ...kept, body };
}

function confirmed(request: PolicyRequest, kept: LocalResponse, tag: string | null): LocalResponse {
  const listed = request.field('if-none-match');
  if (!variesAlready(kept)) request.responseEdits.add(VARY);
  if (tag === null || listed === null) return kept;
  const named = confirmedTag(tag, listed, chooseCoding(request.head));
  if (named !== tag && whyNoEdit('response', 'ETag', named) === null)
    request.responseEdits.add(responseEdit.set('ETag', named));
  return kept;
}

function editsFor(coding: Coding, tag: string | null): readonly Edit<'response'>[] {
  const named = tag === null ? null : codedTag(tag, coding);
  const isNamed = named !== null && whyNoEdit('response', 'ETag', named) === null;
  return [
    responseEdit.set('Content-Encoding', coding),
    responseEdit.remove('Accept-Ranges'),
    isNamed ? responseEdit.set('ETag', named) : responseEdit.remove('ETag'),
  ];
}

type Making = { readonly coded: CodedBodies; readonly rules: KeptRules; readonly isSparing: boolean };

// Null: not yet. What takes no more than a turn is made at once, and what is larger beside what goes on; until then clients get it
// as it is.
function bodyIn(coding: Coding, body: Uint8Array, { coded, rules, isSparing }: Making): Uint8Array | null {
  const known = coded.get(coding);
  if (known !== undefined) return known;
  const { level, turns } = rules;
  if (isSparing) return null;
  if (body.length > mostAtOnce(level)) {
    makeLater(coding, body, level, coded);
    return null;
  }
  if (!turns.hasTime) return null;
  const began = turns.now();
  const made = compressWhole(coding, level, body);
  turns.took(began);
  coded.set(coding, made);
  return made;
}

const underWay = new WeakMap<CodedBodies, Set<Coding>>();

function makeLater(coding: Coding, body: Uint8Array, level: number, coded: CodedBodies): void {
  const present = underWay.get(coded) ?? new Set<Coding>();
  if (present.has(coding)) return;
  underWay.set(coded, present.add(coding));
  compressAside(coding, body, level, (made) => {
    present.delete(coding);
    if (made !== null) coded.set(coding, made);
  });
}

// In a thread of the runtime's.
function compressAside(coding: Coding, body: Uint8Array, level: number, done: (made: Uint8Array | null) => void): void {
  const told = (error: Error | null, made: Uint8Array): void => done(error === null ? made : null);
  const options: ZlibOptions = { level };
  const ofBrotli: BrotliOptions = { params: brotliParams(level, body.length) };
  switch (coding) {
    case 'br':
      return brotliCompress(body, ofBrotli, told);
    case 'zstd':
      return zstdCompress(body, told);
    case 'gzip':
      return gzip(body, options, told);
    case 'deflate':
      return deflate(body, options, told);
  }
}

function isOfType(kept: LocalResponse, { hasType }: KeptRules): boolean {
  const type = valueOf(kept, 'content-type');
  return type !== null && hasType(ascii(type));
}

function hasFixing(kept: LocalResponse): boolean {
  return FIXING.some((name) => valueOf(kept, name) !== null) || forbidsTransform(valueOf(kept, 'cache-control'));
}

function forbidsTransform(cacheControl: string | null): boolean {
  return cacheControl !== null && /(?:^|,)\s*no-transform\s*(?:,|$)/i.test(cacheControl);
}

function variesAlready(kept: LocalResponse): boolean {
  const names = (valueOf(kept, 'vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.includes('accept-encoding') || names.includes('*');
}

function valueOf({ headers }: LocalResponse, name: string): string | null {
  const values = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(', ');
}
