import { describe, expect, test } from 'bun:test';
import type { CallFields, CallResult } from '../../src/core/caller.ts';
import { grpcCheck } from '../../src/probing/grpc-check.ts';
import { probing } from '../support/probing.ts';

const SERVING = [0, 0, 0, 0, 2, 8, 1];
const GRPC = { 'content-type': 'application/grpc+proto' };

type Answer = {
  readonly status?: number;
  readonly fields?: CallFields;
  readonly trailers?: CallFields;
  readonly body?: readonly number[];
};

function answer({
  status = 200,
  fields = GRPC,
  trailers = { 'grpc-status': '0' },
  body = SERVING,
}: Answer): CallResult {
  return { kind: 'answered', status, fields, trailers, body: Uint8Array.from(body) };
}

async function result(ended: CallResult, options: Readonly<Record<string, unknown>> = {}) {
  return (await probing(grpcCheck, options, ended)).result;
}

function serving(...status: readonly number[]): CallResult {
  return answer({ body: [0, 0, 0, 0, status.length, ...status] });
}

describe('a grpc check', () => {
  test('asks its backend for the health of the whole server', async () => {
    const { result: found, calls } = await probing(grpcCheck, {}, answer({}), { authorization: 'Basic abc' });
    expect(found).toEqual({ passed: true, detail: 'SERVING', status: 200, excerpt: null, advice: null });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      address: { hostname: '10.0.0.1', port: 3000, tls: null },
      authority: '10.0.0.1:3000',
      path: '/grpc.health.v1.Health/Check',
      fields: {
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'keystone-health',
        authorization: 'Basic abc',
      },
      body: Uint8Array.of(0, 0, 0, 0, 0),
    });
  });

  test('asks where it is told to, for what it is told to', async () => {
    const options = {
      service: 'a.B',
      authority: 'shop.internal:8443',
      metadata: { 'x-key': 'abc', authorization: 'Bearer abc' },
      address: '10.0.0.9:50051',
      tls: { enabled: true, verify: false },
    };
    const { calls } = await probing(grpcCheck, options, answer({}), { authorization: 'Basic abc' });
    expect(calls[0]).toMatchObject({
      address: { hostname: '10.0.0.9', port: 50051, tls: { serverName: 'shop.internal', rejectUnauthorized: false } },
      authority: 'shop.internal:8443',
      fields: { 'x-key': 'abc', authorization: 'Bearer abc' },
      body: Uint8Array.of(0, 0, 0, 0, 5, 10, 3, 97, 46, 66),
    });
  });

  test.each([
    [serving(8, 1), true, 'SERVING'],
    [serving(), false, 'UNKNOWN'],
    [serving(8, 2), false, 'NOT_SERVING'],
    [serving(8, 3), false, 'SERVICE_UNKNOWN'],
    [serving(8, 9), false, '9, a status that is not known'],
    [serving(8), false, 'the answer is not that of a health service'],
    [answer({ body: [] }), false, 'the answer is not that of a health service'],
    [answer({ trailers: {} }), false, 'the answer has no grpc-status'],
    [answer({ trailers: { 'grpc-status': '12' } }), false, 'grpc-status 12: UNIMPLEMENTED'],
    [answer({ trailers: { 'grpc-status': '99' } }), false, 'grpc-status 99: a code that is not known'],
    [answer({ trailers: { 'grpc-status': '0, 5' } }), false, 'the answer has a grpc-status that is no number'],
    [answer({ fields: { ...GRPC, 'grpc-status': '5' }, trailers: {}, body: [] }), false, 'grpc-status 5: NOT_FOUND'],
    [answer({ status: 503, fields: {} }), false, 'status 503, and no gRPC'],
    [answer({ fields: { 'content-type': 'text/html' } }), false, 'status 200, and no gRPC'],
    [answer({ fields: {} }), false, 'status 200, and no gRPC'],
  ])('makes of %j: passed %p, %p', async (ended, passed, detail) => {
    expect(await result(ended)).toMatchObject({ passed, detail });
  });

  test.each([
    ['aborted', 'timed out'],
    ['closed', 'closed without an answer'],
    ['malformed', 'the answer is not valid HTTP/2'],
    ['too-long', 'the answer is too long'],
  ] as const)('says of a call that ends as %s: %s', async (reason, detail) => {
    expect(await result({ kind: 'broken', reason })).toMatchObject({ passed: false, detail, status: null });
  });

  test('says why there was no connection', async () => {
    const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    expect(await result({ kind: 'unreachable', error: refused })).toMatchObject({ detail: 'connect-refused' });
    const untrusted = Object.assign(new Error('no'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect((await result({ kind: 'unreachable', error: untrusted })).detail).toStartWith('tls-failed: ');
  });

  test('shows what the server says, whatever its encoding, without what it was sent in secret', async () => {
    const said = (message: string) => answer({ trailers: { 'grpc-status': '16', 'grpc-message': message } });
    const options = { metadata: { authorization: 'Bearer hunter2 hunter2' } };
    expect(await result(said('no s%C3%A9rvice 100%, %zz%0A.'))).toMatchObject({ excerpt: 'no sérvice 100%, %zz .' });
    expect((await result(said('%FF%'))).excerpt).toBe('\uFFFD%');
    for (const message of ['hunter2 hunter2', 'hunter2%20hunter2', '%68unter2']) {
      expect((await result(said(message), options)).excerpt).toMatch(/^[* ]+$/);
    }
    const page = answer({ status: 404, fields: {}, body: [...new TextEncoder().encode('<p>hunter2</p>')] });
    expect(await result(page, options)).toMatchObject({ excerpt: '<p>***</p>', status: 404 });
  });
});
