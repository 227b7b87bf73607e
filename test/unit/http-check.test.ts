import { describe, expect, test } from 'bun:test';
import type { ProbeTarget } from '../../src/probing/contract.ts';
import { httpCheck } from '../../src/probing/http-check.ts';
import { NOW, asked, probing, response } from '../support/probing.ts';

const OK = response(200, 'ok');

async function sent(options: Readonly<Record<string, unknown>>, target: Partial<ProbeTarget> = {}): Promise<string> {
  return (await probing(httpCheck, options, { chunks: [OK], ending: 'stays' }, target)).sent;
}

describe('the request of an http check', () => {
  test('asks for a path on a connection of its own', async () => {
    expect(await sent({ path: '/health?full=1' }, { authorization: 'Basic eDp5' })).toBe(
      'GET /health?full=1 HTTP/1.1\r\nHost: 10.0.0.1:3000\r\nUser-Agent: keystone-health\r\nAccept: */*\r\n' +
        'Authorization: Basic eDp5\r\nConnection: close\r\n\r\n',
    );
  });

  test('has the fields and the body that it is told to have', async () => {
    const headers = { 'user-agent': 'mine', Authorization: 'Bearer 1234', 'X-Empty': '' };
    const options = { method: 'POST', host: 'shop.example:81', headers, body: 'größer' };
    expect(await sent(options, { authorization: 'Basic eDp5' })).toBe(
      'POST / HTTP/1.1\r\nHost: shop.example:81\r\nAccept: */*\r\nuser-agent: mine\r\nAuthorization: Bearer 1234\r\n' +
        'X-Empty: \r\nContent-Length: 8\r\nConnection: close\r\n\r\ngrößer',
    );
    expect(await sent({ method: 'PUT' })).toContain('\r\nContent-Length: 0\r\n');
    expect(await sent({ method: 'OPTIONS' })).not.toContain('Content-Length');
  });
});

describe('an http check passes', () => {
  test.each([
    [{}, OK],
    [{}, 'HTTP/1.1 204 No Content\r\n\r\n'],
    [{}, `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`],
    [{}, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(16) + OK],
    [{ expect_status: [301] }, 'HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 9\r\n\r\n'],
    [{ method: 'HEAD' }, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    [{ expect_header: [{ name: 'X-Ready' }] }, response(200, '', 'x-ready: no')],
    [
      {
        expect_header: [
          { name: 'x', contains: 'b' },
          { name: 'X', matches: '^a, b$' },
        ],
      },
      response(200, '', 'X: a', 'X: b'),
    ],
    [{ expect_body: 'ok' }, OK],
    [{ expect_body: { contains: 'o', matches: '^(?i:OK)$' } }, OK],
    [{ expect_body: { matches: '^$' } }, 'HTTP/1.1 204 No Content\r\n\r\n'],
    [{ expect_body: 'großartig' }, response(200, 'großartig')],
    [
      { expect_body: 'one two' },
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n3;x\r\ntwo\r\n0\r\n\r\n',
    ],
    [{ expect_body: 'start', max_body: 5 }, response(200, 'start and more').slice(0, -3)],
    [{ drain_on_404: true, expect_body: 'x', expect_header: [{ name: 'X' }] }, response(404, 'gone')],
  ])('with %j for %j', async (options, answer) => {
    expect(await asked(options, answer)).toMatchObject({ passed: true });
  });

  test('for a body that ends with its connection', async () => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\nall is well';
    expect(await asked({ expect_body: 'well' }, answer, 'closes')).toMatchObject({ passed: true });
    expect(await asked({ expect_body: 'well' }, answer, 'breaks')).toMatchObject({
      passed: false,
      detail: 'status 200; the body ends too early',
    });
  });

  test('without waiting for a body that nobody looks at', async () => {
    expect(await asked({}, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toMatchObject({ passed: true });
    expect(await asked({}, 'HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n')).toMatchObject({ passed: true, excerpt: 'data: 1' });
  });
});

describe('an http check fails', () => {
  test.each([
    [{}, response(503, 'no'), 'status 503'],
    [{}, response(404, 'gone'), 'status 404'],
    [{}, 'HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\npart', 'status 500'],
    [{}, 'HTTP/1.1 500 Oops\r\n\r\n', 'status 500'],
    [{}, 'HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nZ', 'status 500'],
    [{}, 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'the response is not valid HTTP/1.1'],
    [{}, 'HTTP/1.1 200', 'timed out'],
    [{}, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17), 'too many interim responses'],
    [{ expect_header: [{ name: 'X-Ready' }] }, OK, 'status 200; there is no field X-Ready'],
    [
      { expect_header: [{ name: 'X', matches: '^yes$' }] },
      response(200, '', 'X: yes!'),
      'status 200; the field X is not as expected',
    ],
    [{ expect_body: 'OK' }, OK, 'status 200; the body is not as expected'],
    [{ expect_body: 'more', max_body: 5 }, response(200, 'start and more'), 'status 200; the body is not as expected'],
    [{ expect_body: 'ok' }, OK.slice(0, -1), 'status 200; the body ends too early'],
    [
      { expect_body: 'ok' },
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n',
      'status 200; the body has a broken framing',
    ],
    [{ expect_body: 'ok' }, response(500, 'ok'), 'status 500'],
  ])('with %j for %j, and says why', async (options, answer, detail) => {
    expect(await asked(options, answer)).toMatchObject({ passed: false, detail });
  });
});

describe('what a backend says of itself', () => {
  const advice = async (options: Readonly<Record<string, unknown>>, answer: string): Promise<unknown> =>
    (await asked(options, answer)).advice;

  test('is nothing, as a rule', async () => {
    expect(await advice({}, OK)).toBeNull();
    expect(await advice({}, response(404, ''))).toBeNull();
    expect(await advice({}, response(200, '', 'Retry-After: 5'))).toBeNull();
  });

  test.each([
    ['50%', 0.5, false],
    ['100%', 1, false],
    ['12.5%', 0.125, false],
    ['0%', 0, true],
  ])('may be a weight of %s', async (text, weight, drain) => {
    const answer = response(200, '', `X-Keystone-Weight: ${text}`);
    expect(await advice({}, answer)).toEqual({ weight, drain, retryAfter: null });
    expect(await advice({}, answer.replace('200', '500'))).toEqual({ weight, drain, retryAfter: null });
  });

  test.each(['', '128', '0.5', '101%', '-1%', '5 %', '50%, 60%', '1e1%', '%'])(
    'is ignored, and noted, where it is a weight of "%s"',
    async (text) => {
      const result = await asked({}, response(200, '', `X-Keystone-Weight: ${text}`));
      expect(result).toMatchObject({ passed: true, advice: null });
      expect(result.detail).toBe('status 200; X-Keystone-Weight is not a share from 0% to 100%, and is ignored');
    },
  );

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
    ['Wednesday, 25-Nov-26 12:00:30 GMT', 30_000],
    ['Wed Nov 25 12:00:30 2026', 30_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
  ])('may be, with a 503, to come back in %s', async (text, retryAfter) => {
    expect(new Date(NOW).toUTCString()).toBe('Wed, 25 Nov 2026 12:00:00 GMT');
    const answer = response(503, '', `Retry-After: ${text}`);
    expect(await advice({}, answer)).toEqual({ weight: null, drain: false, retryAfter });
  });

  test.each(['', 'soon', '-1', '1.5', '1, 2', 'Wed, 31 Feb 2026 12:00:30 GMT'])(
    'is not said by Retry-After: "%s"',
    async (text) => {
      expect(await advice({}, response(503, '', `Retry-After: ${text}`))).toBeNull();
    },
  );

  test('may be, with a 404, that it leaves', async () => {
    expect(await asked({ drain_on_404: true }, response(404, 'gone'))).toEqual({
      passed: true,
      detail: 'status 404',
      status: 404,
      excerpt: 'gone',
      advice: { weight: null, drain: true, retryAfter: null },
    });
    expect(await asked({ drain_on_404: true }, response(410, ''))).toMatchObject({ passed: false, advice: null });
  });
});

describe('the excerpt', () => {
  test('is what a backend said, on one printable line, cut', async () => {
    const body = `\u001b[31m<p>\r\n\tout of   memory\0</p>${'ä'.repeat(300)}`;
    const { excerpt } = await asked({}, response(500, body));
    expect(excerpt).toStartWith('[31m<p> out of memory </p>ää');
    expect(excerpt).toHaveLength(200);
    expect((await asked({}, response(500, ' \r\n'))).excerpt).toBeNull();
  });

  test('is waited for where the backend is not well and its body has an end', async () => {
    const chunks = ['HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\n', 'no', '!'];
    const { result } = await probing(httpCheck, {}, { chunks, ending: 'stays' });
    expect(result).toMatchObject({ detail: 'status 500', excerpt: 'no!' });
  });

  test('has nothing in it that the check sent in secret', async () => {
    const headers = { Authorization: 'Bearer hunter2-hunter2', 'X-Key': 'topsecret words' };
    const body = 'a body that is nobody’s business';
    const echo = `hunter2-hunter2 Bearer hunter2-hunter2 [topsecret words] topsecret ${body}`;
    const { excerpt } = await asked({ headers, body }, response(200, echo));
    expect(excerpt).toBe('*** *** [***] *** ***');
  });
});
