// The policies that find out who a client is, as steps of one request each.
import { createHash } from 'node:crypto';
import { apiKey } from '../../src/policies/auth/api-key.ts';
import { basicAuth } from '../../src/policies/auth/basic-auth.ts';
import { jwt } from '../../src/policies/auth/jwt/jwt.ts';
import type { Policy } from '../../src/policies/contract.ts';
import { requestHead } from '../../test/support/heads.ts';
import { policyTools } from '../../test/support/policies/tools.ts';
import { policyRequest } from '../../test/support/policy-request.ts';
import { type SigningKey, goodClaims, signingKey, token } from '../../test/support/tokens.ts';

type Step = readonly [name: string, step: () => number];

const TOOLS = { ...policyTools('main', 4096), wallTime: Date.now };

/** Each lets its request in. */
export async function authSteps(): Promise<readonly Step[]> {
  const rsa = signingKey('rsa', 'RS256');
  const ec = signingKey('ec');
  const password = await rememberedPassword();
  return [
    ['api_key: a key looked up', stepOf(keyPolicy(), 'X-Api-Key: key-of-the-shop')],
    ['basic_auth: a password that is remembered', password],
    ['jwt: a token that is remembered', tokenStep(rsa, 1024)],
    ['jwt: a token verified, RS256', tokenStep(rsa, 0)],
    ['jwt: a token verified, ES256', tokenStep(ec, 0)],
  ];
}

function keyPolicy(): Policy {
  const hash = `sha256:${createHash('sha256').update('key-of-the-shop').digest('hex')}`;
  return apiKey.create(apiKey.options.parse({ keys: [{ id: 'shop', hash }] }), TOOLS);
}

async function rememberedPassword(): Promise<() => number> {
  const hash = await Bun.password.hash('geheim', { algorithm: 'bcrypt', cost: 4 });
  const policy = basicAuth.create(basicAuth.options.parse({ users: [{ name: 'anna', hash }] }), TOOLS);
  const field = `Authorization: Basic ${Buffer.from('anna:geheim').toString('base64')}`;
  await policy.request?.(requestWith(field));
  return stepOf(policy, field);
}

function tokenStep(key: SigningKey, remembered: number): () => number {
  const options = jwt.options.parse({
    issuer: 'https://id.test',
    audience: 'shop',
    jwks: { keys: [key.jwk] },
    verified_cache: remembered,
  });
  const claims = goodClaims({ exp: Math.floor(Date.now() / 1000) + 86_400 });
  return stepOf(jwt.create(options, TOOLS), `Authorization: Bearer ${token(key, claims)}`);
}

function stepOf(policy: Policy, field: string): () => number {
  const request = requestWith(field);
  return () => {
    request.requestEdits.clear();
    const verdict = policy.request?.(request);
    if (verdict === undefined || verdict instanceof Promise || verdict.kind !== 'continue')
      throw new Error('the request is not let in at once');
    return request.requestEdits.additions;
  };
}

function requestWith(field: string) {
  return policyRequest(requestHead(`GET /orders HTTP/1.1\r\nHost: shop.example.com\r\n${field}\r\n\r\n`));
}
