import { beforeEach, describe, expect, test } from 'bun:test';
import { jwt } from '../../../src/policies/auth/jwt/jwt.ts';
import type { Policy } from '../../../src/policies/contract.ts';
import { requestHead } from '../../support/heads.ts';
import { policyRequest } from '../../support/policy-request.ts';
import { policyTools } from '../../support/policies/tools.ts';
import { type SigningKey, goodClaims, secretToken, signingKey, token, unsigned } from '../../support/tokens.ts';

const SECRET = 'a secret that is long enough for HS256';
const EC = signingKey('ec');
const RSA = signingKey('rsa', 'RS256');

type Options = Parameters<typeof jwt.create>[0];

function optionsOf(options: object): Options {
  return jwt.options.parse({ issuer: 'https://id.test', audience: 'shop', ...options });
}

function policyOf(options: object, wallTime = Date.now): Policy {
  return jwt.create(optionsOf(options), { ...policyTools(), wallTime });
}

function withKeys(...keys: readonly SigningKey[]): object {
  return { jwks: { keys: keys.map(({ jwk }) => jwk) }, algorithms: [...new Set(keys.map((key) => key.algorithm))] };
}

/** What becomes of a request with these fields: who it is, or why not. */
async function ask(policy: Policy, fields: string, target = '/'): Promise<string> {
  const request = policyRequest(requestHead(`GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`));
  const verdict = await policy.request?.(request);
  if (verdict?.kind === 'refuse') return `${verdict.failure.code}: ${verdict.failure.detail}`;
  return request.consumer?.id ?? 'nobody';
}

function bearer(text: string): string {
  return `Authorization: Bearer ${text}\r\n`;
}

describe('a signature', () => {
  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'by %s is verified',
    async (algorithm) => {
      const key = signingKey('k', algorithm);
      const policy = policyOf(withKeys(key));
      expect(await ask(policy, bearer(token(key)))).toBe('anna');
      const forged = `${token(key, goodClaims({ sub: 'root' }))
        .split('.')
        .slice(0, 2)
        .join('.')}.${token(key).split('.')[2]}`;
      expect(await ask(policy, bearer(forged))).toBe('unauthenticated: The signature of the token is wrong.');
    },
  );

  test.each(['HS256', 'HS384', 'HS512'])('by %s needs a secret', async (algorithm) => {
    const policy = policyOf({ secret: SECRET, algorithms: [algorithm] });
    expect(await ask(policy, bearer(secretToken(SECRET, goodClaims(), algorithm)))).toBe('anna');
    expect(await ask(policy, bearer(secretToken(`${SECRET}!`, goodClaims(), algorithm)))).toContain('unauthenticated');
  });

  test('is never none, nor by a public key as a secret, whatever the token says', async () => {
    const policy = policyOf({ ...withKeys(RSA), algorithms: ['RS256', 'ES256', 'EdDSA'] });
    const pem = RSA.privateKey; // of which everybody knows the public half
    const publicPem = Buffer.from(JSON.stringify(RSA.jwk));
    expect(pem.type).toBe('private');
    for (const forged of [
      `${unsigned({ alg: 'none' }, goodClaims())}.`,
      `${unsigned({ alg: 'none' }, goodClaims())}.AA`,
      `${unsigned({ alg: 'None', kid: 'rsa' }, goodClaims())}.AA`,
      secretToken(publicPem),
      `${unsigned({ alg: 'RS256', kid: 'rsa' }, goodClaims())}.AA`,
      `${unsigned({ alg: 'ES256', kid: 'rsa' }, goodClaims())}.${Buffer.alloc(64).toString('base64url')}`,
      unsigned({ alg: 'RS256' }, goodClaims()),
      'a.b.c',
      '....',
      'x'.repeat(10_000),
    ])
      expect(await ask(policy, bearer(forged))).toStartWith('unauthenticated: ');
  });

  test('with an extension that must be understood is refused, and keys in the token are not looked at', async () => {
    const policy = policyOf(withKeys(EC));
    const own = signingKey('ec');
    expect(await ask(policy, bearer(token(EC, goodClaims(), { crit: ['exp'] })))).toContain('an extension');
    for (const header of [{ jwk: own.jwk }, { jku: 'http://127.0.0.1:1/keys' }, { x5u: 'http://127.0.0.1:1/' }])
      expect(await ask(policy, bearer(token(own, goodClaims(), header)))).toContain('signature');
    expect(await ask(policy, bearer(token(EC, goodClaims(), { jwk: own.jwk, jku: 'http://127.0.0.1:1/' })))).toBe(
      'anna',
    );
  });

  test('by a key that is too short, or for something else, is not taken', () => {
    const weak = signingKey('weak', 'RS256', 1024);
    expect(() => optionsOf(withKeys(weak))).toThrow();
    expect(() => optionsOf({ jwks: { keys: [{ ...EC.jwk, use: 'enc' }] } })).toThrow();
    expect(() => optionsOf({ jwks: { keys: [EC.privateKey.export({ format: 'jwk' })] } })).toThrow();
  });
});

describe('claims', () => {
  const policy = policyOf(withKeys(EC));

  test.each([
    ['aud', 'shop', 'anna'],
    ['aud', ['blog', 'shop'], 'anna'],
    ['aud', 'blog', 'somebody else'],
    ['aud', ['blog'], 'somebody else'],
    ['aud', undefined, 'somebody else'],
    ['aud', { shop: 1 }, 'somebody else'],
    ['iss', 'https://id.test/', 'another issuer'],
    ['iss', undefined, 'another issuer'],
    ['exp', undefined, 'has no exp'],
    ['exp', '9999999999', 'a time that is none'],
    ['exp', 1e300, 'a time that is none'],
    ['exp', -1, 'a time that is none'],
    ['exp', null, 'a time that is none'],
    ['nbf', 'now', 'a time that is none'],
    ['exp', 8e12, 'anna'],
  ])('with %s %p: %s', async (name, value, outcome) => {
    expect(await ask(policy, bearer(token(EC, goodClaims({ [name]: value }))))).toContain(outcome);
  });

  test('of time are read with some skew, and not with more', async () => {
    const now = Math.floor(Date.now() / 1000);
    const at = (claims: object): Promise<string> => ask(policy, bearer(token(EC, goodClaims(claims))));
    expect(await at({ exp: now - 55 })).toBe('anna');
    expect(await at({ exp: now - 65 })).toContain('expired');
    expect(await at({ nbf: now + 55 })).toBe('anna');
    expect(await at({ nbf: now + 65 })).toContain('not valid yet');
  });

  test('must say what is asked for, or the token is not enough', async () => {
    const claims = {
      scope: { contains: 'orders:read' },
      'plan.name': { one_of: ['pro', 'max'] },
      admin: { equals: false },
    };
    const strict = policyOf({ ...withKeys(EC), claims });
    const good = { scope: 'x orders:read', plan: { name: 'pro' }, admin: false };
    const outcomes = await Promise.all(
      [
        good,
        { ...good, scope: ['orders:read'] },
        { ...good, scope: 'orders:reader' },
        { ...good, plan: 'pro' },
        { ...good, admin: 'false' },
      ].map((more) => ask(strict, bearer(token(EC, goodClaims(more))))),
    );
    expect(outcomes).toEqual([
      'anna',
      'anna',
      ...Array.from({ length: 3 }, () => 'forbidden: The token does not allow this.'),
    ]);
  });

  test('of a token that would live for too long are refused', async () => {
    const short = policyOf({ ...withKeys(EC), max_lifetime: '10m' });
    expect(await ask(short, bearer(token(EC)))).toBe('anna');
    expect(await ask(short, bearer(token(EC, goodClaims({ exp: Date.now() / 1000 + 700 }))))).toContain('too long');
    expect(await ask(short, bearer(token(EC, goodClaims({ iat: undefined }))))).toContain('too long');
  });

  test('name no properties that every object has', async () => {
    const odd = policyOf({ ...withKeys(EC), require: ['constructor'] });
    expect(await ask(odd, bearer(token(EC)))).toContain('has no constructor');
    expect(await ask(policy, bearer(token(EC, goodClaims({ sub: { toString: 'x' } }))))).toBe('');
  });
});

describe('the place of a token', () => {
  const policy = policyOf({ ...withKeys(EC), from: ['header:Authorization Bearer', 'cookie:token', 'query:token'] });
  const good = token(EC);

  test.each([
    [`authorization: bearer ${good}\r\n`, 'anna'],
    [`Authorization: Bearer   ${good}\r\n`, 'anna'],
    [`Authorization: Bearer ${good}\r\nAuthorization: Bearer ${good}\r\n`, 'anna'],
    [`Authorization: Bearer ${good}\r\nAuthorization: Bearer x\r\n`, 'several tokens'],
    [`Authorization: Bearer ${good} x\r\n`, 'no signed token'],
    [`Authorization: Bearer\r\n`, 'no signed token'],
    [`Authorization: Basic abc\r\n`, 'has no token'],
    [`Cookie: a=b; token=${good}\r\n`, 'anna'],
    [`Cookie: token=x\r\nAuthorization: Bearer ${good}\r\n`, 'several tokens'],
    ['', 'has no token'],
  ])('%p leads to %s', async (fields, outcome) => {
    expect(await ask(policy, fields)).toContain(outcome);
  });

  test('may be the query, from which it is taken', async () => {
    const request = policyRequest(requestHead(`GET /a?x=1&token=${good}&y HTTP/1.1\r\nHost: x\r\n\r\n`));
    expect(await policy.request?.(request)).toEqual({ kind: 'continue' });
    expect(request.target).toBe('/a?x=1&y');
  });

  test('may be empty where tokens are optional, but not bad', async () => {
    const optional = policyOf({ ...withKeys(EC), optional: true });
    expect(await ask(optional, '')).toBe('nobody');
    expect(await ask(optional, bearer('bad'))).toContain('unauthenticated');
  });
});

describe('a token that was good', () => {
  test('is remembered until it ends', async () => {
    let passed = 0;
    const policy = policyOf({ ...withKeys(EC), clock_skew: 0 }, () => Date.now() + passed);
    const short = token(EC, goodClaims({ exp: Math.floor(Date.now() / 1000) + 60 }));
    expect(await ask(policy, bearer(short))).toBe('anna');
    expect(await ask(policy, bearer(short))).toBe('anna');
    passed = 61_000;
    expect(await ask(policy, bearer(short))).toContain('expired');
  });
});

describe('options', () => {
  let base: object;

  beforeEach(() => {
    base = { issuer: 'https://id.test', audience: 'shop', jwks: { url: 'https://id.test/keys' } };
  });

  test.each([
    [{ audience: undefined }, /has no audience/],
    [{ jwks: undefined }, /needs one of/],
    [{ secret: SECRET }, /needs one of/],
    [{ algorithms: ['HS256'] }, /HS256, which needs a secret/],
    [{ jwks: undefined, secret: SECRET, algorithms: ['RS256'] }, /RS256, which needs public keys/],
    [{ jwks: undefined, secret: 'short' }, /too short/],
    [{ jwks: { discovery: true }, issuer: 'id' }, /issuer must be a URL/],
    [{ jwks: { url: 'https://a:b@id.test/keys' } }, /credentials/],
    [{ providers: [{ audience: 'x', secret: SECRET }] }, /beside providers/],
    [{ forward: { headers: { Authorization: 'sub' } } }, /own way of clients/],
    [{ forward: { headers: { 'X-Forwarded-For': 'sub' } } }, /set by the gateway alone/],
    [{ algorithms: ['none'] }, /is not known/],
  ])('%j is refused', (change, why) => {
    const given = Object.entries({ ...base, ...change }).filter(([, value]) => value !== undefined);
    const parsed = jwt.options.safeParse(Object.fromEntries(given));
    expect(JSON.stringify(parsed.error?.issues)).toMatch(why);
  });
});
