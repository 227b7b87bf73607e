import { describe, expect, test } from 'bun:test';
import { type Result, err, ok } from '../../../src/core/result.ts';
import { jwt } from '../../../src/policies/auth/jwt/jwt.ts';
import type { AskedResponse } from '../../../src/policies/tools.ts';
import type { Policy } from '../../../src/policies/contract.ts';
import { ALONE, CommonValues } from '../../../src/runtime/common-values.ts';
import { requestHead } from '../../support/heads.ts';
import { policyRequest } from '../../support/policy-request.ts';
import { policyTools } from '../../support/policies/tools.ts';
import { type SigningKey, goodClaims, keySet, signingKey, token } from '../../support/tokens.ts';
import { settle } from '../../support/virtual-clock.ts';

const FIRST = signingKey('first');
const SECOND = signingKey('second');

type Answer = Result<AskedResponse, string>;

/** A policy whose keys are fetched from an issuer that the test plays. */
class Scene {
  readonly tools = policyTools();
  readonly asked: string[] = [];
  answer: () => Answer | Promise<Answer>;
  readonly policy: Policy;

  constructor(answer: () => Answer | Promise<Answer>, jwks: object = { url: 'https://id.test/keys' }) {
    this.answer = answer;
    const options = jwt.options.parse({ issuer: 'https://id.test', audience: 'shop', jwks });
    this.policy = jwt.create(options, {
      ...this.tools,
      wallTime: Date.now,
      common: new CommonValues(ALONE).of('keys'),
      ask: ({ url }) => {
        this.asked.push(url);
        return Promise.resolve(this.answer());
      },
    });
  }

  async ask(key: SigningKey, header: object = {}): Promise<string> {
    return this.askWith(token(key, goodClaims(), header));
  }

  async askWith(shown: string): Promise<string> {
    const fields = `Authorization: Bearer ${shown}\r\n`;
    const request = policyRequest(requestHead(`GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n`));
    const verdict = await this.policy.request?.(request);
    return verdict?.kind === 'refuse' ? verdict.failure.code : (request.consumer?.id ?? 'nobody');
  }
}

function keys(...all: readonly SigningKey[]): () => Answer {
  return () => text(keySet(...all));
}

function text(body: string, status = 200): Answer {
  return ok({ status, headers: [], body: Buffer.from(body) });
}

const DOWN = (): Answer => err('connect-refused');

describe('the keys of an issuer', () => {
  test('are fetched at once, and again before they are too old', async () => {
    const scene = new Scene(keys(FIRST));
    await settle();
    expect(scene.asked).toEqual(['https://id.test/keys']);
    expect(await scene.ask(FIRST)).toBe('anna');
    await scene.tools.clock.advance(600_000);
    expect(scene.asked.length).toBe(2);
    scene.policy.close?.();
    await scene.tools.clock.advance(6_000_000);
    expect([scene.asked.length, scene.tools.clock.pending]).toEqual([2, 0]);
  });

  test('are waited for by who comes before them', async () => {
    const fetched = Promise.withResolvers<Answer>();
    const scene = new Scene(() => fetched.promise);
    const early = scene.ask(FIRST);
    await settle();
    fetched.resolve(text(keySet(FIRST)));
    expect(await early).toBe('anna');
  });

  test('that do not come in time are no fault of the client', async () => {
    const scene = new Scene(() => Promise.withResolvers<Answer>().promise);
    const early = scene.ask(FIRST);
    await scene.tools.clock.advance(2000);
    expect(await early).toBe('auth-unavailable');
  });

  test('are fetched for a token with a new key, by one question, and old ones are gone with it', async () => {
    const scene = new Scene(keys(FIRST));
    await settle();
    const old = token(FIRST);
    expect(await scene.askWith(old)).toBe('anna');
    scene.answer = keys(SECOND);
    const many = Array.from({ length: 20 }, () => scene.ask(SECOND));
    expect(await scene.askWith(old)).toBe('anna');
    expect(await Promise.all(many)).toEqual(Array.from({ length: 20 }, () => 'anna'));
    expect(scene.asked.length).toBe(2);
    // It was remembered, but its key has been taken back.
    expect(await scene.askWith(old)).toBe('unauthenticated');
  });

  test('are fetched at most once in 30 s, however many keys are made up', async () => {
    const scene = new Scene(keys(FIRST));
    await settle();
    for (let made = 0; made < 1000; made++)
      expect(await scene.ask(SECOND, { kid: `made up ${made}` })).toBe('unauthenticated');
    expect(scene.asked.length).toBe(2);
    await scene.tools.clock.advance(30_000);
    expect(await scene.ask(SECOND, { kid: 'another' })).toBe('unauthenticated');
    expect(scene.asked.length).toBe(3);
  });

  test('stay in use while the issuer is down, and tokens with others are no fault of the client', async () => {
    const scene = new Scene(keys(FIRST));
    await settle();
    scene.answer = DOWN;
    await scene.tools.clock.advance(3_600_000);
    expect([await scene.ask(FIRST), await scene.ask(SECOND)]).toEqual(['anna', 'auth-unavailable']);
    expect(scene.tools.reported).toEqual(['the keys of tokens cannot be had anew']);
    scene.answer = keys(SECOND);
    await scene.tools.clock.advance(60_000);
    expect([await scene.ask(FIRST), await scene.ask(SECOND)]).toEqual(['unauthenticated', 'anna']);
    expect(scene.tools.reported.at(-1)).toBe('the keys of tokens are there again');
  });

  test('are too old after a day without the issuer', async () => {
    const scene = new Scene(keys(FIRST));
    await settle();
    scene.answer = DOWN;
    await scene.tools.clock.advance(25 * 3_600_000);
    expect(await scene.ask(FIRST)).toBe('auth-unavailable');
    expect(scene.tools.reported).toEqual(['the keys of tokens cannot be had anew', 'the keys of tokens cannot be had']);
  });

  test.each([
    ['a redirect', text('', 302)],
    ['an error', text('no', 500)],
    ['no JSON', text('<html>')],
    ['no list', text('{"keys":{}}')],
    ['too many keys', text(JSON.stringify({ keys: Array.from({ length: 101 }, () => FIRST.jwk) }))],
    ['no key that can be used', text(JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }, { kty: 'XYZ' }, null, 1] }))],
  ])('in an answer that is %s are none', async (_, answer) => {
    const scene = new Scene(() => answer);
    await settle();
    expect(await scene.ask(FIRST)).toBe('auth-unavailable');
  });

  test('of kinds that are not known are passed over', async () => {
    const scene = new Scene(() => text(JSON.stringify({ keys: [{ kty: 'XYZ', kid: 'first' }, null, FIRST.jwk] })));
    await settle();
    expect(await scene.ask(FIRST)).toBe('anna');
  });

  test('without ids are tried, as long as they fit', async () => {
    const without = (key: SigningKey): object =>
      Object.fromEntries(Object.entries(key.jwk).filter(([name]) => name !== 'kid'));
    const scene = new Scene(() => text(JSON.stringify({ keys: [without(SECOND), without(FIRST)] })));
    await settle();
    expect(await scene.ask(FIRST, { kid: undefined })).toBe('anna');
  });
});

describe('discovery', () => {
  const at = 'https://id.test/.well-known/openid-configuration';

  test('leads to the keys', async () => {
    let asked = 0;
    const scene = new Scene(
      () =>
        ++asked === 1
          ? text(JSON.stringify({ issuer: 'https://id.test', jwks_uri: 'https://id.test/jwks' }))
          : text(keySet(FIRST)),
      { discovery: true },
    );
    await settle();
    expect(await scene.ask(FIRST)).toBe('anna');
    expect(scene.asked).toEqual([at, 'https://id.test/jwks']);
  });

  test.each([
    [{ issuer: 'https://other.test', jwks_uri: 'https://id.test/jwks' }],
    [{ issuer: 'https://id.test', jwks_uri: 'http://id.test/jwks' }],
    [{ issuer: 'https://id.test', jwks_uri: 'file:///etc/passwd' }],
    [{ issuer: 'https://id.test' }],
  ])('by %j leads nowhere', async (document) => {
    const scene = new Scene(() => text(JSON.stringify(document)), { discovery: true });
    await settle();
    expect(scene.asked).toEqual([at]);
    expect(await scene.ask(FIRST)).toBe('auth-unavailable');
  });
});
