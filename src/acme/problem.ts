// What went wrong with an authority: problem documents (RFC 8555 6.7) in words, and whether it helps to wait or to ask another one.
import { z } from 'zod';
import { type Result, err } from '../core/result.ts';
import type { AcmeProblem } from './contract.ts';

const KIND = 'urn:ietf:params:acme:error:';
// What a document says is shown to people, so it is bounded.
const MOST_TEXT = 500;

const problemDocument = z.object({
  type: z.string(),
  detail: z.string().default(''),
  subproblems: z
    .array(z.object({ detail: z.string().default(''), identifier: z.object({ value: z.string() }).optional() }))
    .default([]),
});

/** A problem document, or what an answer in its place says. */
export type ProblemDocument = { readonly type: string; readonly text: string };

/** Null: it is no problem document. */
export function readProblem(body: unknown): ProblemDocument | null {
  const read = problemDocument.safeParse(body);
  if (!read.success) return null;
  const { type, detail, subproblems } = read.data;
  const parts = subproblems.map(({ detail: why, identifier }) =>
    identifier === undefined ? why : `${identifier.value}: ${why}`,
  );
  return { type: type.startsWith(KIND) ? type.slice(KIND.length) : type, text: plain([detail, ...parts].join('; ')) };
}

// Only somebody can change these: the configuration, the account, what the names are.
const REFUSED = new Set([
  'accountDoesNotExist',
  'alreadyReplaced',
  'badCSR',
  'badPublicKey',
  'badSignatureAlgorithm',
  'externalAccountRequired',
  'invalidContact',
  'malformed',
  'unsupportedContact',
  'unsupportedIdentifier',
  'userActionRequired',
  'compound',
]);
// The names are not proved yet: no authority would see it in another way.
const UNPROVED = new Set(['connection', 'dns', 'incorrectResponse', 'tls', 'unauthorized', 'orderNotReady']);
// What this authority does not do for these names: the DNS allows another one, or it has given too many.
const OF_NAMES = new Set(['caa', 'rateLimited', 'rejectedIdentifier']);

export function problemOf(document: ProblemDocument, where: string, notBefore: number | null): AcmeProblem {
  const { type, text } = document;
  return { message: `${where} says: ${text === '' ? type : `${text} (${type})`}`, kind: kindOf(type), notBefore };
}

function kindOf(type: string): AcmeProblem['kind'] {
  if (REFUSED.has(type)) return 'refused';
  if (UNPROVED.has(type)) return 'wait';
  return OF_NAMES.has(type) ? 'name' : 'other';
}

/** Another authority may do better. */
export function unusable(message: string, notBefore: number | null = null): Result<never, AcmeProblem> {
  return err({ message: plain(message), kind: 'other', notBefore });
}

/** Somebody has to change something. */
export function refused(message: string): Result<never, AcmeProblem> {
  return err({ message: plain(message), kind: 'refused', notBefore: null });
}

/** It may go well later. */
export function notYet(message: string): Result<never, AcmeProblem> {
  return err({ message: plain(message), kind: 'wait', notBefore: null });
}

// In one line, without control characters.
function plain(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT)}…` : line;
}
