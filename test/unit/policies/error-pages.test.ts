import { describe, expect, test } from 'bun:test';
import { failure } from '../../../src/core/failure.ts';
import { type Result, err, ok } from '../../../src/core/result.ts';
import type { AskedRequest, AskedResponse } from '../../../src/policies/tools.ts';
import type { Policy, PolicyResponse, Verdict } from '../../../src/policies/contract.ts';
import { errorPages } from '../../../src/policies/error-pages/error-pages.ts';
import { backendAnswer, fieldOf, localAnswer, policyOf, refusalsOf, requestFor } from '../../support/policies/alone.ts';
import { policyTools } from '../../support/policies/tools.ts';

const BROWSER = ['Accept: text/html,application/xhtml+xml,*/*;q=0.8'];
const FAILED = localAnswer(
  {
    status: 503,
    headers: [
      ['Content-Type', 'text/html'],
      ['Retry-After', '7'],
      ['ETag', '"a"'],
    ],
    body: new Uint8Array(3),
  },
  failure('none-eligible'),
);

async function verdictOn(policy: Policy, response: PolicyResponse, fields = BROWSER, host = 'x'): Promise<Verdict> {
  const request = requestFor('/', { fields, host });
  request.answers();
  return (await policy.response?.(request, response)) ?? { kind: 'continue' };
}

/** What the client gets; null: what there was. */
async function pageFor(options: object, response = FAILED, fields = BROWSER, host = 'x') {
  const verdict = await verdictOn(policyOf(errorPages, options), response, fields, host);
  if (verdict.kind !== 'respond') return null;
  return { ...verdict.response, text: new TextDecoder().decode(verdict.response.body) };
}

describe('a page', () => {
  test('takes the place of an error of the gateway, with its status and what else it says', async () => {
    const page = await pageFor({ inline: '<h1>{status} {reason}</h1><style>b{color:red}</style>{other}' });
    expect(page).toMatchObject({
      status: 503,
      text: '<h1>503 Service Unavailable</h1><style>b{color:red}</style>{other}',
    });
    expect(page?.headers).toEqual([
      ['Retry-After', '7'],
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Cache-Control', 'no-store'],
    ]);
  });

  test('is for clients that accept it: a browser, and not a program', async () => {
    for (const fields of [[], ['Accept: */*'], ['Accept: application/json'], ['Accept: text/html;q=0, */*']])
      expect(await pageFor({ inline: 'x' }, FAILED, fields)).toBe(null);
    const json = { inline: '{"id":"{request_id}"}', content_type: 'application/json' };
    for (const fields of [[], ['Accept: */*'], ['Accept: application/*'], ['Accept: application/json']])
      expect((await pageFor(json, FAILED, fields))?.text).toBe('{"id":"the-id"}');
    expect(await pageFor(json, FAILED, ['Accept: text/html'])).toBe(null);
  });

  test('is for the statuses that are given, and no others', async () => {
    const statuses = [404, '502-504'];
    const isFor = async (status: number) =>
      (await pageFor({ inline: 'x', statuses }, localAnswer({ status, headers: [], body: new Uint8Array(0) }))) !==
      null;
    const asked = [200, 304, 403, 404, 405, 501, 502, 503, 504, 505];
    const found = await Promise.all(asked.map(async (status) => ((await isFor(status)) ? status : 0)));
    expect(found.filter(Boolean)).toEqual([404, 502, 503, 504]);
  });

  test.each([
    ['gateway', [true, false]],
    ['origin', [false, true]],
    ['both', [true, true]],
  ])('is for errors of the %s', async (from, wanted) => {
    const answers = [FAILED, backendAnswer([], 503)];
    const pages = await Promise.all(answers.map((answer) => pageFor({ inline: 'x', from }, answer)));
    expect(pages.map((page) => page !== null)).toEqual(wanted);
  });

  test("keeps an origin's fields but for those of its body", async () => {
    const fields = [
      'Content-Encoding: gzip',
      'Content-Security-Policy: a',
      'Last-Modified: x',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ];
    const more = ['WWW-Authenticate: Basic', 'Connection: keep-alive', 'Cache-Control: public', 'Vary: Accept'];
    const page = await pageFor({ inline: 'x', from: 'origin' }, backendAnswer([...fields, ...more], 500));
    expect(page?.headers.slice(0, -2)).toEqual([
      ['Content-Security-Policy', 'a'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['WWW-Authenticate', 'Basic'],
      ['Vary', 'Accept'],
    ]);
  });

  test('has the type of its file', async () => {
    const read = (path: string) =>
      errorPages.create({ ...errorPages.options.parse({ file: path }), file: { path, text: '' } }, policyTools());
    for (const [path, type] of [
      ['a/50x.html', 'text/html; charset=utf-8'],
      ['a.TXT', 'text/plain; charset=utf-8'],
      ['a', 'text/html; charset=utf-8'],
    ] as const) {
      const verdict = await verdictOn(read(path), FAILED, ['Accept: text/html, text/plain']);
      expect(verdict.kind === 'respond' && fieldOf(verdict.response, 'content-type')).toBe(type);
    }
  });

  test('has nothing of a request in it that would be markup', async () => {
    const page = await pageFor({ inline: '<p>{host}</p>' }, FAILED, BROWSER, 'a_-.x');
    expect(page?.text).toBe('<p>a_-.x</p>');
  });
});

describe('a page of another server', () => {
  function served(answer: (request: AskedRequest) => Result<Partial<AskedResponse>, string>) {
    const tools = policyTools();
    const asked: string[] = [];
    const ask = (request: AskedRequest): Promise<Result<AskedResponse, string>> => {
      asked.push(request.url);
      const given = answer(request);
      const whole = {
        status: 200,
        headers: [['content-type', 'text/html']] as const,
        body: new TextEncoder().encode('page {status}'),
      };
      return Promise.resolve(given.ok ? ok({ ...whole, ...given.value }) : given);
    };
    const options = { service: { url: 'http://pages.test/{status}.html', max_age: '1m' } };
    const policy = policyOf(errorPages, options, { ...tools, ask });
    const textOf = async () => {
      const verdict = await verdictOn(policy, FAILED);
      return verdict.kind === 'respond' ? new TextDecoder().decode(verdict.response.body) : null;
    };
    return { ...tools, policy, asked, textOf };
  }

  test('is asked for once for all who need it, and kept for a while', async () => {
    const { asked, textOf, clock } = served(() => ok({}));
    expect(await Promise.all([textOf(), textOf(), textOf()])).toEqual(['page 503', 'page 503', 'page 503']);
    expect([await textOf(), asked]).toEqual(['page 503', ['http://pages.test/503.html']]);
    await clock.advance(60_001);
    await textOf();
    expect(asked).toHaveLength(2);
  });

  test('is not asked for by a client that would not take it', async () => {
    const { asked, policy } = served(() => ok({}));
    expect((await verdictOn(policy, FAILED, ['Accept: application/json'])).kind).toBe('continue');
    expect(asked).toEqual([]);
  });

  test.each([[err('refused')], [ok({ status: 404 })]])('is left out where there is none: %p', async (answer) => {
    const { asked, textOf, clock, reported } = served(() => answer);
    expect([await textOf(), await textOf()]).toEqual([null, null]);
    await clock.advance(2001);
    await textOf();
    expect([asked.length, reported]).toEqual([2, ['error_page_missing']]);
  });

  test('is used on while its server is down', async () => {
    let isDown = false;
    const { textOf, clock } = served(() => (isDown ? err('refused') : ok({})));
    await textOf();
    isDown = true;
    await clock.advance(60_001);
    expect(await textOf()).toBe('page 503');
  });
});

describe('options of error_pages', () => {
  test.each([
    [{}, /has no page/],
    [{ inline: 'x', file: 'y' }, /stands beside/],
    [{ service: { url: 'http://a' }, content_type: 'text/html' }, /is for pages of the gateway/],
    [{ inline: 'x', statuses: [200] }, /is no status of an error/],
    [{ inline: 'x', statuses: ['504-502'] }, /is no status of an error/],
    [{ inline: 'x', content_type: 'html' }, /is no media type/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(errorPages, options).join()).toMatch(message);
  });
});
