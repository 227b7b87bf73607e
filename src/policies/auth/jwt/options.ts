// The options of the policy jwt.
import { z } from 'zod';
import { defaulted, described, optional } from '../../../core/described.ts';
import { err, ok } from '../../../core/result.ts';
import { choice, count, duration, durationOrZero, flag, setting, text } from '../../../core/settings.ts';
import { textFile } from '../../../core/text-file.ts';
import { bytes } from '../../../core/units.ts';
import { askUrl } from '../ask-url.ts';
import { credentialPlace } from '../credential-places.ts';
import { toldHeaders } from '../told-fields.ts';
import { ALGORITHMS, type Algorithm, needsSecret } from './algorithms.ts';
import { importKey, parseKeySet } from './key-set.ts';
import { type Claims, isObject } from './token.ts';

const LARGEST_FILE = bytes(256 * 1024);
/** As many bytes as the hash of HS256 has (RFC 7518 3.2). */
const LEAST_SECRET = 32;

const CLAIM = /^[!-~]{1,256}$/;

const claimName = text<string>({
  type: 'claim',
  expected: 'the name of a claim such as sub, or names with dots between them such as realm_access.roles',
  parse: (value) => (CLAIM.test(value) ? ok(value) : err({ message: '{value} is no name of a claim' })),
});

const plainText = text<string>({
  type: 'text',
  expected: 'a text',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const scalar = setting<string | number | boolean, string | number | boolean>({
  type: 'text, number or truth value',
  expected: 'a text, a number, true or false',
  json: { type: ['string', 'number', 'boolean'] },
  parse: (value) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? ok(value)
      : err({ message: '{value} is none of these' }),
});

const audience = setting<string | string[], readonly string[] | 'any'>({
  type: 'text, list of texts or any',
  expected: 'a text, a list of texts, or any',
  json: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  parse(value) {
    if (value === 'any') return ok('any');
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.filter((one): one is string => typeof one === 'string' && one !== '');
    return texts.length === list.length && texts.length > 0
      ? ok(texts)
      : err({ message: '{value} is no list of texts' });
  },
});

const jwk = setting<Record<string, unknown>, Claims>({
  type: 'JWK',
  expected: 'a public key as a map, as in a JSON Web Key Set',
  json: { type: 'object' },
  parse(value) {
    if (!isObject(value) || importKey(value) === null)
      return err({ message: 'is no public key that can be used: RSA of at least 2048 bits, EC or Ed25519, to verify' });
    return 'd' in value ? err({ message: 'is a private key, which nobody but its owner should have' }) : ok(value);
  },
});

const secret = text<string>({
  type: 'secret',
  expected: `a text of at least ${LEAST_SECRET} characters`,
  parse: (value) => (value.length >= LEAST_SECRET ? ok(value) : err({ message: 'the secret is too short to be one' })),
});

const rule = z.strictObject({
  equals: optional(scalar, 'It is this.'),
  contains: optional(plainText, 'It is a list that has this, or a text that has it as a word.'),
  one_of: optional(z.array(scalar).min(1), 'It is one of these.'),
});

const jwks = z.strictObject({
  url: optional(askUrl, 'Where the keys are fetched.'),
  discovery: optional(flag, 'They are where OpenID Connect Discovery of the issuer says.'),
  file: optional(
    textFile(LARGEST_FILE, (content) => {
      const set = parseKeySet(content);
      return set.ok ? null : set.error;
    }),
    'A file that has them as a JSON Web Key Set. It is read anew with every reload.',
  ),
  keys: optional(z.array(described(jwk, 'A key.')).min(1), 'The keys themselves.'),
  cache: defaulted(duration, 'So long keys that were fetched are used; they are fetched anew before.', {
    value: '10m',
    reason: 'a key that is taken back is gone soon, and the issuer is hardly asked.',
  }),
  cooldown: defaulted(duration, 'Tokens with a key that is not known have keys fetched again, but not more often.', {
    value: '30s',
    reason: 'anybody can make up names of keys.',
  }),
  timeout: defaulted(duration, 'So long an answer may take, and so long such a request waits.', {
    value: '2s',
    reason: 'a person waits so long, and an issuer that takes longer is hardly there.',
  }),
  max_stale: defaulted(duration, 'So long keys stay in use while no new ones can be had.', {
    value: '24h',
    reason: 'an outage of the issuer is no outage of the site.',
  }),
});

const provider = {
  issuer: optional(plainText, 'The claim `iss` must be this.'),
  audience: optional(audience, 'The claim `aud` must have one of these; `any`: it is not looked at.'),
  jwks: optional(jwks, 'The public keys by which tokens are verified.'),
  secret: optional(
    secret,
    'The secret by which tokens are verified that are signed with HS256, HS384 or HS512. It belongs into a variable or a file: `${file:/run/secrets/jwt}`.',
  ),
  algorithms: optional(
    z.array(described(choice(ALGORITHMS), 'An algorithm.')).min(1),
    'How tokens may be signed. Absent: RS256, ES256 and EdDSA; with `secret`, HS256.',
  ),
  claims: optional(
    z.record(claimName, rule).meta({ 'x-type': 'map of claims to rules' }),
    'What claims must say; otherwise the answer is 403.',
  ),
};

const oneProvider = z.strictObject(provider);

export type ProviderOptions = z.output<typeof oneProvider>;

export const jwtOptions = z
  .strictObject({
    ...provider,
    providers: optional(
      z.array(described(oneProvider, 'One of them.')).min(1),
      'Several issuers, in place of the keys above. The claim `iss` says whose token it is.',
    ),
    from: defaulted(z.array(described(credentialPlace, 'A place.')).min(1), 'Where a request has its token.', {
      value: ['header:Authorization Bearer'],
      reason: 'RFC 6750 wants it there.',
    }),
    clock_skew: defaulted(durationOrZero, 'So much clocks may differ.', {
      value: '60s',
      reason: 'clocks do differ, and a token that is refused for a second is a fault that nobody finds.',
    }),
    require: defaulted(z.array(described(claimName, 'A claim.')), 'Claims that must be there.', {
      value: ['exp'],
      reason: 'a token that never ends can never be taken back.',
    }),
    max_lifetime: optional(duration, 'The longest time from `iat` to `exp`. Absent: any.'),
    id_claim: defaulted(claimName, 'The claim that names the consumer.', {
      value: 'sub',
      reason: 'it is what stays the same (RFC 7519 4.1.2).',
    }),
    groups_claim: defaulted(claimName, 'The claim that has the groups of the consumer.', {
      value: 'groups',
      reason: 'most issuers call it so.',
    }),
    forward: defaulted(
      z.strictObject({
        token: defaulted(flag, 'Backends get the token, too.', {
          value: false,
          reason: 'what a backend does not need it cannot lose.',
        }),
        headers: toldHeaders(claimName, 'Fields by which backends are told who it is: the claim that each says.', {
          value: { 'X-User': 'sub' },
          reason: 'most backends want to know.',
        }),
      }),
      'What backends get of it.',
      { value: {}, reason: 'as each of them says.' },
    ),
    optional: defaulted(flag, 'Requests without a token go on, as nobody. A bad token is refused all the same.', {
      value: false,
      reason: 'who asks for tokens wants them.',
    }),
    verified_cache: defaulted(
      count({ min: 0, max: 1_000_000 }),
      'So many tokens are remembered that were good, until they end.',
      { value: 1024, reason: 'to verify one takes 20 to 60 µs, and clients send the same one many times.' },
    ),
  })
  .superRefine((options, context) => {
    const message = problemOf(options);
    if (message !== null) context.issues.push({ code: 'custom', input: options, params: { message } });
  });

export type JwtOptions = z.output<typeof jwtOptions>;

/** All providers, in whichever form they are written. */
export function providersOf({ providers, issuer, audience: meant, jwks: keys, secret: own, ...rest }: JwtOptions) {
  if (providers !== undefined) return providers;
  const { algorithms, claims } = rest;
  return [
    {
      ...(issuer === undefined ? {} : { issuer }),
      ...(meant === undefined ? {} : { audience: meant }),
      ...(keys === undefined ? {} : { jwks: keys }),
      ...(own === undefined ? {} : { secret: own }),
      ...(algorithms === undefined ? {} : { algorithms }),
      ...(claims === undefined ? {} : { claims }),
    },
  ] satisfies readonly ProviderOptions[];
}

/** How tokens of a provider may be signed. */
export function algorithmsOf({ algorithms, secret: own }: ProviderOptions): readonly Algorithm[] {
  return algorithms ?? (own === undefined ? ['RS256', 'ES256', 'EdDSA'] : ['HS256']);
}

function problemOf(options: JwtOptions): string | null {
  const { providers } = options;
  const stray = ['issuer', 'audience', 'jwks', 'secret', 'algorithms', 'claims'].find((name) =>
    Object.hasOwn(options, name),
  );
  if (providers !== undefined && stray !== undefined)
    return `has ${stray} beside providers: it belongs into one of them`;
  const all: readonly ProviderOptions[] = providersOf(options);
  const issuers = all.map(({ issuer }) => issuer ?? '');
  if (new Set(issuers).size < issuers.length) return 'has two providers with the same issuer, or without one';
  return all.map(providerProblem).find((problem) => problem !== null) ?? null;
}

function providerProblem(one: ProviderOptions): string | null {
  const { audience: meant, issuer, jwks: keys, secret: own } = one;
  if (meant === undefined) return 'has no audience; "audience: any" says that tokens for others are taken, too';
  const given = [keys?.url, keys?.discovery === true ? true : undefined, keys?.file, keys?.keys, own];
  const sources = given.filter((source) => source !== undefined).length;
  if (sources !== 1) return 'needs one of jwks.url, jwks.discovery, jwks.file, jwks.keys and secret';
  if (keys?.discovery === true && (issuer === undefined || !/^https?:\/\//.test(issuer) || !URL.canParse(issuer)))
    return 'has discovery, for which the issuer must be a URL';
  const wrong = algorithmsOf(one).find((algorithm) => needsSecret(algorithm) !== (own !== undefined));
  if (wrong === undefined) return null;
  return own === undefined
    ? `has ${wrong}, which needs a secret: with public keys anybody could sign`
    : `has ${wrong}, which needs public keys in place of a secret`;
}
