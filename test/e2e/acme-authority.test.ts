// The client of certificate authorities beside pebble: orders, challenges, accounts, and authorities that do not behave.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:tls';
import { Authority } from '../../src/acme/authority.ts';
import type {
  AccountOptions,
  AcmeAccount,
  AcmeResult,
  Challenge,
  ChallengeDesk,
  ChallengeType,
} from '../../src/acme/contract.ts';
import { newKey } from '../../src/acme/jws.ts';
import { restBy } from '../../src/acme/rest.ts';
import { realWorld } from '../../src/world.ts';
import { webClient } from '../../src/world/web.ts';
import { Pebble, type PebbleOptions } from '../support/pebble.ts';
import { freePort, listen } from '../support/ports.ts';
import { needs } from '../support/programs.ts';

const ACCOUNT: AccountOptions = { email: 'someone@example.com', agreesToTerms: true, binding: null };
const patience = (): AbortSignal => AbortSignal.timeout(20_000);

/** Shows what proves names, in the way that a test chooses. */
class Desk implements ChallengeDesk {
  readonly shown: Challenge[] = [];
  readonly hidden: Challenge[] = [];

  constructor(
    private readonly types: readonly ChallengeType[],
    private readonly put: (challenge: Challenge) => Promise<void> = () => Promise.resolve(),
  ) {}

  offered(): readonly ChallengeType[] {
    return this.types;
  }

  async show(challenge: Challenge): Promise<void> {
    await this.put(challenge);
    this.shown.push(challenge);
  }

  hide(challenge: Challenge): Promise<void> {
    this.hidden.push(challenge);
    return Promise.resolve();
  }
}

function authorityAt(url: string, ca: string | null): Authority {
  const { clock } = realWorld();
  return new Authority(url, { send: webClient(ca), wall: clock.wall, rest: restBy(clock) });
}

async function known(pebble: Pebble): Promise<{ readonly authority: Authority; readonly account: AcmeAccount }> {
  const authority = authorityAt(pebble.url, await pebble.ca);
  return { authority, account: valueOf(await authority.account(ACCOUNT, null, patience())) };
}

function valueOf<T>(result: AcmeResult<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('an authority', () => {
  let pebble: Pebble;
  let http: Bun.Server<undefined>;
  const texts = new Map<string, string>();
  const proofs = new Map<string, Challenge & { type: 'tls-alpn-01' }>();
  const tls = createServer({
    ALPNProtocols: ['acme-tls/1'],
    SNICallback: (name, done) => {
      const proof = proofs.get(name);
      void import('node:tls').then(({ createSecureContext }) =>
        proof === undefined ? done(new Error('nobody')) : done(null, createSecureContext(proof)),
      );
    },
  });

  beforeAll(async () => {
    http = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const token = new URL(url).pathname.replace('/.well-known/acme-challenge/', '');
        return new Response(texts.get(token) ?? 'no such token', { status: texts.has(token) ? 200 : 404 });
      },
    });
    tls.on('tlsClientError', () => undefined);
    pebble = await Pebble.start({ httpPort: http.port ?? 0, tlsPort: await listen(tls), refusedNonces: 30 });
  });

  afterAll(async () => {
    await pebble[Symbol.asyncDispose]();
    await http.stop(true);
    tls.close();
  });

  const desk = new Desk(['http-01', 'dns-01'], async (challenge) => {
    if (challenge.type === 'http-01') texts.set(challenge.token, challenge.text);
    if (challenge.type === 'dns-01') await pebble.setTxt(challenge.record, challenge.value);
  });

  test('gives a certificate for names that are proved by HTTP, though it refuses nonces all the time', async () => {
    const { authority, account } = await known(pebble);
    const names = ['one.example.com', 'two.example.com'];
    const order = { account, names, desk, replaces: null, signal: patience() };
    const { cert, key } = valueOf(await authority.order(order));
    const parsed = new X509Certificate(cert);
    expect(parsed.subjectAltName).toBe('DNS:one.example.com, DNS:two.example.com');
    expect(cert.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1);
    expect(key).toStartWith('-----BEGIN PRIVATE KEY-----');
    expect(desk.shown.length).toBeGreaterThanOrEqual(2);
    expect(desk.hidden.map(({ name }) => name)).toEqual(desk.shown.map(({ name }) => name));
  });

  test('gives a certificate for a wildcard, which is proved by the DNS', async () => {
    const { authority, account } = await known(pebble);
    const names = ['*.example.org', 'example.org'];
    const { cert } = valueOf(await authority.order({ account, names, desk, replaces: null, signal: patience() }));
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:*.example.org, DNS:example.org');
  });

  test('gives a certificate for a name that is proved by TLS', async () => {
    const { authority, account } = await known(pebble);
    const byTls = new Desk(['tls-alpn-01'], (challenge) => {
      if (challenge.type === 'tls-alpn-01') proofs.set(challenge.name, challenge);
      return Promise.resolve();
    });
    const names = ['tls.example.com'];
    const { cert } = valueOf(
      await authority.order({ account, names, desk: byTls, replaces: null, signal: patience() }),
    );
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:tls.example.com');
  });

  test('takes the old certificate that a new one replaces', async () => {
    const { authority, account } = await known(pebble);
    const order = { account, names: ['again.example.com'], desk, signal: patience() };
    const { cert } = valueOf(await authority.order({ ...order, replaces: null }));
    const { cert: next } = valueOf(await authority.order({ ...order, replaces: cert }));
    expect(new X509Certificate(next).serialNumber).not.toBe(new X509Certificate(cert).serialNumber);
    // This server gives no advice.
    expect(await authority.advice(next, patience())).toEqual({ ok: true, value: null });
  });

  test('knows the account of a key again', async () => {
    const { authority, account } = await known(pebble);
    expect(valueOf(await authority.account(ACCOUNT, account.key, patience()))).toEqual(account);
    expect(valueOf(await authority.account(ACCOUNT, newKey(), patience())).url).not.toBe(account.url);
  });

  test('says why a name is not proved, and nothing is shown any more', async () => {
    const { authority, account } = await known(pebble);
    const empty = new Desk(['http-01']);
    const result = await authority.order({
      account,
      names: ['x.example.com'],
      desk: empty,
      replaces: null,
      signal: patience(),
    });
    expect(result).toMatchObject({ ok: false, error: { kind: 'wait' } });
    expect(result.ok ? '' : result.error.message).toContain('x.example.com');
    expect(empty.hidden.length).toBe(1);
  });

  test('cannot be asked for a wildcard where no record of the DNS can be shown', async () => {
    const { authority, account } = await known(pebble);
    const byHttp = new Desk(['http-01']);
    const result = await authority.order({
      account,
      names: ['*.example.com'],
      desk: byHttp,
      replaces: null,
      signal: patience(),
    });
    expect(result).toMatchObject({ ok: false, error: { kind: 'refused' } });
    expect(result.ok ? '' : result.error.message).toContain('dns-01');
    expect(byHttp.shown.length).toBe(0);
  });

  test('is not reached by whom its certificate says nothing', async () => {
    const authority = authorityAt(pebble.url, null);
    const result = await authority.account(ACCOUNT, null, patience());
    expect(result).toMatchObject({ ok: false, error: { kind: 'other' } });
    expect(result.ok ? '' : result.error.message).toMatch(/certificate|self.signed/i);
  });

  test.each<[string, PebbleOptions, AccountOptions, RegExp | null]>([
    [
      'takes an account that is bound',
      { bindings: { one: 'c2VjcmV0c2VjcmV0c2VjcmV0' } },
      { ...ACCOUNT, binding: { id: 'one', key: 'c2VjcmV0c2VjcmV0c2VjcmV0' } },
      null,
    ],
    ['refuses one that is not', { bindings: { one: 'c2VjcmV0c2VjcmV0c2VjcmV0' } }, ACCOUNT, /external account binding/],
    [
      'refuses a binding by another key',
      { bindings: { one: 'c2VjcmV0c2VjcmV0c2VjcmV0' } },
      { ...ACCOUNT, binding: { id: 'one', key: 'b3RoZXI' } },
      /says/,
    ],
    ['refuses who does not agree to its terms', {}, { ...ACCOUNT, agreesToTerms: false }, /terms/],
  ])('%s', async (_, options, wanted, why) => {
    await using own = await Pebble.start(options);
    const authority = authorityAt(own.url, await own.ca);
    const result = await authority.account(wanted, null, patience());
    expect(result.ok).toBe(why === null);
    if (why !== null) expect(result.ok ? '' : result.error.message).toMatch(why);
  });

  test('that issues nothing for a name says so', async () => {
    await using own = await Pebble.start({ blocked: ['blocked.example.com'] });
    const { authority, account } = await known(own);
    const result = await authority.order({
      account,
      names: ['blocked.example.com'],
      desk,
      replaces: null,
      signal: patience(),
    });
    expect(result).toMatchObject({ ok: false, error: { kind: 'name' } });
    expect(result.ok ? '' : result.error.message).toContain('blocked');
  });

  test('that hangs is given up in time', async () => {
    await using own = await Pebble.start();
    const { authority, account } = await known(own);
    own.freeze();
    const signal = AbortSignal.timeout(300);
    const result = await authority.order({ account, names: ['x.example.com'], desk, replaces: null, signal });
    own.thaw();
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'other', message: expect.stringContaining('takes too long') },
    });
  });
});

describe('an authority that answers nonsense', () => {
  const NONCE = { 'Replay-Nonce': 'abc' };

  async function problemOf(answer: (path: string, base: string) => Response): Promise<AcmeResult<unknown>> {
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => answer(new URL(url).pathname, new URL(url).origin),
    });
    try {
      const authority = authorityAt(`${server.url.origin}/dir`, null);
      return await authority.account(ACCOUNT, null, patience());
    } finally {
      await server.stop(true);
    }
  }

  const directory = (base: string): Response =>
    Response.json({ newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/order` });

  test.each<[string, (path: string, base: string) => Response, string]>([
    ['a page in place of its directory', () => new Response('<html>'), 'is not the directory of an ACME server'],
    ['a redirect', () => Response.redirect('http://127.0.0.1:1/', 302), 'answers 302 without saying why'],
    ['500', () => new Response('', { status: 500 }), 'answers 500 without saying why'],
    ['more than anybody would', () => new Response('x'.repeat(2_000_000)), 'has more than 1 MiB'],
    ['no nonce', (path, base) => (path === '/dir' ? directory(base) : new Response('')), 'gives no nonce'],
    [
      'an account without a place',
      (path, base) => (path === '/dir' ? directory(base) : Response.json({}, { headers: NONCE })),
      'does not say by what it knows the account',
    ],
    [
      'nothing but refused nonces',
      (path, base) =>
        path === '/dir'
          ? directory(base)
          : Response.json({ type: 'urn:ietf:params:acme:error:badNonce' }, { status: 400, headers: NONCE }),
      'badNonce',
    ],
  ])('%s', async (_, answer, why) => {
    const result = await problemOf(answer);
    expect(result).toMatchObject({ ok: false, error: { kind: 'other', message: expect.stringContaining(why) } });
  });

  test('too many requests says from when on', async () => {
    const limited = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many\u0007 accounts' };
    const headers = { ...NONCE, 'Retry-After': '3600' };
    const result = await problemOf((path, base) =>
      path === '/dir' ? directory(base) : Response.json(limited, { status: 429, headers }),
    );
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'name', message: expect.stringContaining('too many accounts (rateLimited)') },
    });
    expect(result.ok ? 0 : (result.error.notBefore ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });

  test('nothing, because it is not there', async () => {
    const authority = authorityAt(`http://127.0.0.1:${freePort()}/dir`, null);
    expect(await authority.account(ACCOUNT, null, patience())).toMatchObject({ ok: false, error: { kind: 'other' } });
  });
});
