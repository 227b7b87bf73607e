// Answers with a text of the configuration's own: robots.txt, security.txt, a place that is gone.
import { hash } from 'node:crypto';
import { z } from 'zod';
import { defaulted, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { count, text } from '../core/settings.ts';
import { textFile } from '../core/text-file.ts';
import { bytes } from '../core/units.ts';
import { EMPTY } from '../message/bytes.ts';
import { whyNoEdit } from '../message/edits.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Policy, PolicyKind, PolicyRequest } from './contract.ts';
import { typeOfFile } from './error-pages/page.ts';

const LARGEST = bytes(1024 * 1024);
const PLAIN = 'text/plain; charset=utf-8';

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  parse(value) {
    const why = whyNoEdit('response', value);
    return why === null ? ok(value) : err({ message: `cannot be set: ${why}` });
  },
});

const fieldText = text<string>({
  type: 'text',
  expected: 'a text that a header field may have',
  parse: (value) =>
    whyNoEdit('response', 'x-any', value) === null
      ? ok(value)
      : err({ message: '{value} cannot be the value of a header field' }),
});

const body = text<string>({ type: 'text', expected: 'a text', parse: (value) => ok(value) });

const options = z
  .strictObject({
    status: defaulted(count({ min: 200, max: 599 }), 'The status of the answer.', {
      value: 200,
      reason: 'it is there.',
    }),
    body: optional(body, 'The body.'),
    file: optional(
      textFile(LARGEST),
      'A file with the body, a text of at most 1 MiB. It is read with the configuration.',
    ),
    content_type: optional(
      fieldText,
      'The media type of the body. Absent: by the end of the name of `file`, or plain text: a text that is taken for a page could hold scripts.',
    ),
    headers: optional(
      z.record(fieldName, fieldText).meta({ 'x-type': 'map of names to texts' }),
      'More header fields.',
    ),
  })
  .superRefine(({ body: own, file }, context) => {
    if (own === undefined || file === undefined) return;
    const params = { message: 'stands beside a body', expected: 'one of body and file' };
    context.issues.push({ code: 'custom', input: file, path: ['file'], params });
  });
type Options = z.output<typeof options>;

export const fixedAnswer = {
  type: 'static',
  summary: 'Answers with a text of its own: robots.txt, security.txt, a place that is gone.',
  options,
  words: () => 0,
  isShared: true,
  keepsOut: true,
  create({ status, body: own, file, content_type: given, headers = {} }): Policy {
    const type = given ?? (file && typeOfFile(file.path)) ?? PLAIN;
    const content = new TextEncoder().encode(file?.text ?? own ?? '');
    const tag = `"${hash('sha256', content, 'base64url').slice(0, 22)}"`;
    const fields: (readonly [string, string])[] = [
      ...(content.length === 0 ? [] : [['Content-Type', type] as const]),
      ...(status === 200 ? [['ETag', tag] as const] : []),
      ...Object.entries(headers),
    ];
    const whole: LocalResponse = { status, headers: fields, body: status === 204 || status === 304 ? EMPTY : content };
    const unchanged: LocalResponse = { status: 304, headers: [['ETag', tag], ...Object.entries(headers)], body: EMPTY };
    return {
      request: (request) => ({ kind: 'respond', response: status === 200 && hasTag(request, tag) ? unchanged : whole }),
    };
  },
} as const satisfies PolicyKind<Options>;

// RFC 9110 13.1.2: a weak comparison.
function hasTag(request: PolicyRequest, tag: string): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const listed = request.field('if-none-match');
  return listed !== null && listed.split(',').some((one) => ['*', tag, `W/${tag}`].includes(one.trim()));
}
