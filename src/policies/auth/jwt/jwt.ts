// Lets in who shows a signed token (RFC 7519, RFC 6750).
import { hash } from 'node:crypto';
import { BoundedMap } from '../../../core/bounded-map.ts';
import { millis } from '../../../core/units.ts';
import type { Edit } from '../../../message/edits.ts';
import {
  CONTINUE,
  type Consumer,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from '../../contract.ts';
import type { PolicyTools } from '../../tools.ts';
import { CredentialPlaces } from '../credential-places.ts';
import { challenge, quoted, unavailable } from '../refusals.ts';
import { addAll, guarded, toldField } from '../told-fields.ts';
import { type Algorithm, isSignedBy } from './algorithms.ts';
import { type ClaimProblem, type ClaimRules, claimList, claimOf, claimText, endOf, problemWith } from './claims.ts';
import type { KeySource } from './key-finder.ts';
import { parseKeySet } from './key-set.ts';
import { FetchedKeys, FixedKeys, type Found, type Keys } from './known-keys.ts';
import { type JwtOptions, type ProviderOptions, algorithmsOf, jwtOptions, providersOf } from './options.ts';
import { type Claims, type Token, parseToken } from './token.ts';

const SOON = millis(1000);

export const jwt = {
  type: 'jwt',
  summary:
    'Lets in who shows a signed token. Keys are fetched once for all processes, ahead of time, and stay in use for a while when their issuer cannot be reached. A bad token: 401; one that does not allow what is asked for: 403; no keys at all: 503.',
  options: jwtOptions,
  words: () => 0,
  isShared: false,
  keepsOut: true,
  // What was found stays with the places where it is looked for.
  countsBy: (options) => sourcesOf(options),
  identityFields: ({ forward }) => guarded(Object.keys(forward.headers)),
  create: (options, tools): Policy => new Jwt(options, tools),
} as const satisfies PolicyKind<JwtOptions>;

/** One who issues tokens. */
type Provider = {
  readonly issuer: string | null;
  readonly algorithms: readonly Algorithm[];
  readonly rules: ClaimRules;
  /** A secret: of tokens that are signed by one. */
  readonly keys: Keys | Uint8Array;
};

/** A token that was good, with what follows from it. */
type Verified = {
  /** In milliseconds since 1970. */
  readonly end: number;
  readonly consumer: Consumer;
  readonly edits: readonly Edit<'request'>[];
};

class Jwt implements Policy {
  private readonly places: CredentialPlaces;
  private readonly fetched: FetchedKeys;
  private readonly providers: readonly Provider[];
  /** By SHA-256 of the token, so that none is kept. */
  private readonly verified: BoundedMap<string, Verified>;

  constructor(
    private readonly options: JwtOptions,
    private readonly tools: PolicyTools,
  ) {
    this.places = new CredentialPlaces(options.from);
    this.verified = new BoundedMap(options.verified_cache);
    this.fetched = new FetchedKeys(sourcesOf(options), tools, () => this.verified.clear());
    this.providers = providersOf(options).map((provider) => this.providerOf(provider));
  }

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const { optional } = this.options;
    const shown = this.places.credentialsIn(request);
    const [first] = shown;
    if (first === undefined)
      return optional ? CONTINUE : challenge(request, 'Bearer', 'unauthenticated', 'The request has no token.');
    if (shown.length > 1) return this.invalid(request, 'The request has several tokens.');
    const stamp = hash('sha256', first, 'base64');
    const known = this.verified.get(stamp);
    if (known !== undefined && known.end > this.tools.wallTime()) return this.letIn(request, known);
    const token = parseToken(first);
    return token.ok ? this.verify(request, token.value, stamp) : this.invalid(request, token.error);
  }

  close(): void {
    this.fetched.close();
  }

  private verify(request: PolicyRequest, token: Token, stamp: string): Verdict | Promise<Verdict> {
    const provider = this.providerFor(token);
    if (provider === null) return this.invalid(request, 'The token is from another issuer.');
    const algorithm = provider.algorithms.find((one) => one === token.algorithm);
    if (algorithm === undefined) return this.invalid(request, 'The token is signed in a way that is not taken here.');
    const proven = { token, provider, algorithm, stamp };
    if (provider.keys instanceof Uint8Array)
      return isSignedBy(provider.keys, algorithm, token) ? this.accept(request, proven) : this.unsigned(request);
    const found = provider.keys.find({ algorithm, keyId: token.keyId });
    return found instanceof Promise
      ? found.then((keys) => this.verifyWith(request, proven, keys))
      : this.verifyWith(request, proven, found);
  }

  private verifyWith(request: PolicyRequest, proven: Proven, found: Found): Verdict {
    switch (found.kind) {
      case 'unavailable':
        return unavailable(found.reason, SOON);
      case 'unknown':
        return this.invalid(request, 'The key of the token is not known.');
      case 'keys':
        return found.keys.some((key) => isSignedBy(key, proven.algorithm, proven.token))
          ? this.accept(request, proven)
          : this.unsigned(request);
    }
  }

  private accept(request: PolicyRequest, { token: { claims }, provider, stamp }: Proven): Verdict {
    const problem = problemWith(claims, provider.rules, this.tools.wallTime());
    if (problem !== null) return refuse(request, problem);
    const verified = this.readyFor(claims);
    if (this.options.verified_cache > 0) this.verified.set(stamp, verified);
    return this.letIn(request, verified);
  }

  private letIn(request: PolicyRequest, { consumer, edits }: Verified): Verdict {
    request.consumer = consumer;
    if (!this.options.forward.token) this.places.withhold(request);
    addAll(request, edits);
    return CONTINUE;
  }

  private readyFor(claims: Claims): Verified {
    const { forward, clock_skew: skew, id_claim: id, groups_claim: groups } = this.options;
    const edits = Object.entries(forward.headers).flatMap(
      ([name, claim]) => toldField(name, claimText(claimOf(claims, claim)) ?? '') ?? [],
    );
    const consumer = { id: claimText(claimOf(claims, id)) ?? '', groups: claimList(claimOf(claims, groups)), claims };
    return { end: endOf(claims, skew), consumer, edits };
  }

  private invalid(request: PolicyRequest, detail: string): Verdict {
    return refuse(request, { kind: 'invalid', detail });
  }

  private unsigned(request: PolicyRequest): Verdict {
    return this.invalid(request, 'The signature of the token is wrong.');
  }

  // What the token says of its issuer is not proven yet: it only says by whose keys it is verified.
  private providerFor({ claims }: Token): Provider | null {
    const { providers } = this;
    return (
      providers.find(({ issuer }) => issuer !== null && issuer === claims['iss']) ??
      providers.find(({ issuer }) => issuer === null) ??
      null
    );
  }

  private providerOf(provider: ProviderOptions): Provider {
    const { clock_skew: skew, require, max_lifetime: maxLifetime = null } = this.options;
    const { issuer = null, audience = 'any', claims = {} } = provider;
    const rules = { issuer, audience: audience === 'any' ? null : audience, require, rules: claims, skew, maxLifetime };
    return { issuer, algorithms: algorithmsOf(provider), rules, keys: this.keysOf(provider) };
  }

  private keysOf(provider: ProviderOptions): Keys | Uint8Array {
    const { jwks, secret } = provider;
    if (secret !== undefined) return new TextEncoder().encode(secret);
    const source = sourceOf(provider);
    if (source !== null) return this.fetched.of(source);
    const set = parseKeySet(jwks?.file?.text ?? JSON.stringify({ keys: jwks?.keys ?? [] }));
    if (!set.ok) throw new Error(set.error);
    return new FixedKeys(set.value);
  }
}

type Proven = {
  readonly token: Token;
  readonly provider: Provider;
  readonly algorithm: Algorithm;
  readonly stamp: string;
};

function refuse(request: PolicyRequest, problem: ClaimProblem): Verdict {
  const { detail } = problem;
  const described = `error_description=${quoted(detail)}`;
  if (problem.kind === 'invalid')
    return challenge(request, `Bearer error="invalid_token", ${described}`, 'unauthenticated', detail);
  const scope = problem.scope === null ? '' : `, scope=${quoted(problem.scope)}`;
  const offer = `Bearer error="insufficient_scope", ${described}${scope}`;
  return challenge(request, offer, 'forbidden', detail);
}

function sourcesOf(options: JwtOptions): readonly KeySource[] {
  return providersOf(options).flatMap((provider) => sourceOf(provider) ?? []);
}

// Null: its keys are not fetched.
function sourceOf({ issuer, jwks }: ProviderOptions): KeySource | null {
  if (jwks === undefined) return null;
  const { url, discovery, cache, cooldown, timeout, max_stale: maxStale } = jwks;
  const times = { cache, cooldown, timeout, maxStale };
  if (url !== undefined) return { url, issuer: null, ...times };
  if (discovery !== true || issuer === undefined) return null;
  return { url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, issuer, ...times };
}
