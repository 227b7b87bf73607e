// The policies that look at a request or change fields, as steps of one request each.
import type { PolicyKind } from '../../src/policies/contract.ts';
import { cors } from '../../src/policies/cors.ts';
import { headers } from '../../src/policies/headers.ts';
import { ipAccess } from '../../src/policies/ip-access.ts';
import { maintenance } from '../../src/policies/maintenance.ts';
import { redirect } from '../../src/policies/redirect.ts';
import { rewrite } from '../../src/policies/rewrite/rewrite.ts';
import { securityHeaders } from '../../src/policies/security-headers.ts';
import type { Head } from '../../src/message/head.ts';
import { responseHead } from '../../test/support/heads.ts';
import { answerOf, policyOf } from '../../test/support/policies/alone.ts';
import { policyRequest } from '../../test/support/policy-request.ts';

type Step = readonly [name: string, step: () => number];

const RANGES = 100_000;
const FIXED = { set: { 'X-Frame-Options': 'DENY', 'X-A': '1' }, remove: ['Server'] };
const ANSWER = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Tue, 24 Nov 2026 18:27:59 GMT',
  'Content-Type: text/plain',
  'Content-Length: 1024',
  'Cache-Control: max-age=60',
  'ETag: "0123456789abcdef"',
  'Connection: keep-alive',
  '',
  '',
].join('\r\n');

/** Each lets its request in. `head`: the request of a browser; `from`: the same, of a page of that origin. */
export function editSteps(head: Head, from: Head): readonly Step[] {
  const many = Array.from({ length: RANGES }, (_, at) => `${1 + (at % 223)}.${(at >> 8) & 255}.${at & 255}.0/24`);
  const origins = ['https://app.example.com'];
  return [
    ['headers: 3 fixed edits of a request', asked(headers, { request: FIXED }, head)],
    ['headers: 3 fixed edits of an answer', answering(headers, { response: FIXED }, head)],
    ['headers: a place that the request fills', asked(headers, { request: { set: { X: '{client.address}' } } }, head)],
    ['security_headers: the safe ones', answering(securityHeaders, {}, head)],
    ['cors: a request that is no preflight', asked(cors, { origins }, from)],
    ['cors: the answer for an origin that is listed', answering(cors, { origins, credentials: true }, from)],
    ['cors: the answer for no origin', answering(cors, { origins }, head)],
    ['ip_access: among 100,000 ranges', asked(ipAccess, { deny: many }, head)],
    ['maintenance: while it is off', asked(maintenance, {}, head)],
    ['redirect: to https, for whom is there', asked(redirect, { https: true }, head, true)],
    ['rewrite: a prefix removed', asked(rewrite, { strip_prefix: '/lb' }, head)],
    ['rewrite: by a pattern', asked(rewrite, { match: '/lb/assets/{name}', to: '/{name}' }, head)],
    ['rewrite: by a regular expression', asked(rewrite, { regex: '^/lb/(.*)$', to: '/{1}' }, head)],
  ];
}

function asked<Options>(kind: PolicyKind<Options>, options: object, head: Head, isTls = false): () => number {
  const policy = policyOf(kind, options);
  const client = { address: '192.0.2.1', isTls, tls: null, version: '1.1', port: 0, claims: null } as const;
  const request = policyRequest(head, client);
  return () => {
    request.forget();
    const verdict = policy.request?.(request);
    if (verdict === undefined || verdict instanceof Promise || verdict.kind !== 'continue')
      throw new Error('the request is not let in at once');
    return request.requestEdits.additions;
  };
}

function answering<Options>(kind: PolicyKind<Options>, options: object, head: Head): () => number {
  const policy = policyOf(kind, options);
  const request = policyRequest(head);
  const answer = answerOf(responseHead(ANSWER));
  return () => {
    request.responseEdits.clear();
    if (policy.response?.(request, answer) instanceof Promise) throw new Error('the answer has to wait');
    return request.responseEdits.additions;
  };
}
