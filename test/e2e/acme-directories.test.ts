// Directories of ACME that advise, and that are slow, out of order, or too much asked for: what stands before pebble says it in its
// place.
import { describe, expect, test } from 'bun:test';
import { AcmeFront, type Asked, type Said } from '../support/acme-front.ts';
import { AcmeStage, tenant } from '../support/acme-stage.ts';
import type { PebbleOptions } from '../support/pebble.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const LONG = 120_000;
const PATIENCE = 70_000;

const times = (text: string, part: string): number => text.split(part).length - 1;
const window = (start: number, end: number): Response =>
  Response.json({ suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } });

/** How often authorities were asked when to renew, as the metrics have it. */
async function adviceOf({ gateway }: Stage): Promise<Record<string, number>> {
  const text = await (await fetch(`${gateway.admin}/metrics`)).text();
  const lines = text.matchAll(/^keystone_acme_renewal_advice_total\{result="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries(Array.from(lines, ([, result = '', count]) => [result, Number(count)]));
}

// A port that is free has to be taken before another test looks for one.
let opened: Promise<unknown> = Promise.resolve();

function inTurn<T>(open: () => Promise<T>): Promise<T> {
  const next = opened.catch(() => undefined).then(open);
  opened = next;
  return next;
}

/** Pebble with what stands before it, and a gateway that asks there. */
class Stage implements AsyncDisposable {
  private constructor(
    readonly acme: AcmeStage,
    readonly front: AcmeFront,
    public gateway: GatewayProcess,
    /** What is asked first. */
    readonly first: AcmeFront | null,
  ) {}

  static open({
    pebble = {},
    says = () => null,
    givesAdvice = false,
    config = {},
    before,
    hosts = ['shop.test'],
  }: Wanted = {}): Promise<Stage> {
    return inTurn(async () => {
      const acme = await AcmeStage.open({ refusedNonces: 0, ...pebble });
      const front = await AcmeFront.before(acme.pebble, { givesAdvice });
      front.says = says;
      const first = before === undefined ? null : await AcmeFront.before(acme.pebble);
      if (first !== null) first.says = before ?? first.says;
      const yaml = acme.config(tenant('shop', hosts), {
        acme: config.acme ?? '',
        before: first === null ? '' : `${first.directory}, `,
        only: front.directory,
      });
      const gateway = await GatewayProcess.start(yaml.replace('retry_after: 1s', config.retry ?? 'retry_after: 1s'));
      return new Stage(acme, front, gateway, first);
    });
  }

  get errors(): string {
    return this.gateway.errors;
  }

  async restart(): Promise<void> {
    this.gateway = await inTurn(() => this.gateway.restart('SIGTERM'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.gateway, this.front, this.first, this.acme]) await one?.[Symbol.asyncDispose]();
  }
}

type Wanted = {
  readonly pebble?: PebbleOptions;
  readonly says?: (asked: Asked) => Said;
  readonly givesAdvice?: boolean;
  /** `acme`: more of its settings. */
  readonly config?: { readonly acme?: string; readonly retry?: string };
  /** What a directory says that is asked first. */
  readonly before?: (asked: Asked) => Said;
  readonly hosts?: readonly string[];
};

const untilRenewed = (stage: Stage): Promise<void> =>
  until(() => stage.errors.includes('certificate_renewed'), 'it is renewed', PATIENCE);

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('a directory that advises (RFC 9773)', () => {
  test.concurrent(
    'has a certificate renewed at once when its window has begun, as the one that it replaces',
    async () => {
      const says = ({ step, at }: Asked): Said => (step === 'advice' ? window(at - 20_000, at - 10_000) : null);
      await using stage = await Stage.open({ pebble: { lifetime: 300 }, givesAdvice: true, says });
      await stage.acme.isShown('shop.test');
      await untilRenewed(stage);
      const [first, second] = stage.front.of('new order').map(({ payload }) => JSON.parse(payload) as object);
      expect(first).not.toHaveProperty('replaces');
      const id = stage.front.of('advice')[0]?.path.split('/').at(-1);
      expect(second).toMatchObject({ replaces: id, identifiers: [{ type: 'dns', value: 'shop.test' }] });
      // Its issuer and its serial number, each in base64url (4.1).
      expect(id).toMatch(/^[\w-]+\.[\w-]+$/);
    },
    LONG,
  );

  test.concurrent(
    'has it wait for its window, asks once for each certificate, and goes on after a restart',
    async () => {
      let start = 0;
      let first = '';
      // Without advice it would be renewed 32 to 34.4 seconds after it was given.
      const says = ({ step, at, path }: Asked): Said => {
        if (step !== 'advice') return null;
        if (start === 0) start = at + 38_000;
        first ||= path;
        return path === first ? window(start, start + 500) : window(at + 60_000, at + 61_000);
      };
      await using stage = await Stage.open({ pebble: { lifetime: 48 }, givesAdvice: true, says });
      await stage.acme.isShown('shop.test');
      await until(() => stage.front.of('advice').length === 1, 'it has asked');
      await stage.restart();
      await untilRenewed(stage);
      expect(stage.front.of('new order')[1]?.at).toBeGreaterThanOrEqual(start);
      await until(async () => ((await adviceOf(stage))['given'] ?? 0) > 0, 'advice is counted');
      expect(stage.front.of('advice').length).toBeLessThanOrEqual(3);
    },
    LONG,
  );

  test.concurrent.each<[string, () => Said]>([
    ['answers 500', () => new Response('no', { status: 500 })],
    ['answers a page', () => new Response('<html>')],
    ['has a window that ends before it begins', () => window(Date.now() + 2000, Date.now() + 1000)],
    ['never answers', () => 'hang'],
    ['hangs up', () => 'cut'],
  ])(
    'and then %s does not keep a certificate from being renewed in time, nor is it asked again and again',
    async (_, advice) => {
      const says = ({ step }: Asked): Said => (step === 'advice' ? advice() : null);
      await using stage = await Stage.open({ pebble: { lifetime: 12 }, givesAdvice: true, says });
      await untilRenewed(stage);
      const [first, second] = stage.front.of('new order').map(({ at }) => at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(6000);
      expect(stage.front.of('advice').length).toBeLessThanOrEqual(2);
      expect(stage.errors).not.toContain('certificate_failed');
      const { failed = 0, ...others } = await adviceOf(stage);
      expect([failed > 0, others]).toEqual([true, { given: 0, none: 0 }]);
    },
    LONG,
  );
});

const problem = (type: string, status: number, more: Record<string, string> = {}): Response =>
  Response.json(
    { type: `urn:ietf:params:acme:error:${type}`, detail: `about ${type}` },
    { status, headers: { 'Content-Type': 'application/problem+json', ...more } },
  );

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('a directory that is out of order', () => {
  test.concurrent.each<[string, string, () => Said, RegExp]>([
    ['is being repaired', 'directory', () => new Response('', { status: 503 }), /answers 503/],
    ['hangs up', 'directory', () => 'cut', /cannot be asked/],
    ['never answers', 'directory', () => 'hang', /takes too long/],
    ['gives no nonces', 'nonce', () => new Response(''), /gives no nonce/],
    ['hangs up when it is asked for an account', 'account', () => 'cut', /cannot be asked/],
    ['takes no orders', 'new order', () => problem('serverInternal', 500), /about serverInternal/],
    ['never answers an order', 'new order', () => 'hang', /takes too long/],
    ['knows no authorization', 'authorization', () => problem('malformed', 404), /about malformed/],
    ['answers nonsense in place of one', 'authorization', () => Response.json({ status: 'maybe' }), /shop\.test: \S+/],
    ['never looks for the proof', 'challenge', () => Response.json({ status: 'processing' }), /takes too long/],
    ['does not take the request', 'finalize', () => problem('badCSR', 400), /about badCSR/],
    ['gives something else in place of a certificate', 'certificate', () => new Response('hello'), /certificate/],
  ])(
    'and %s is told in words, is not asked all the time, and gives the certificate later',
    async (_, where, fault, words) => {
      let isBroken = true;
      const says = ({ step }: Asked): Said => (isBroken && step === where ? fault() : null);
      const timeout = words.source.includes('too long') ? '2s' : '15s';
      await using stage = await Stage.open({ says, config: { acme: `, timeout: ${timeout}` } });
      await until(() => stage.errors.includes('certificate_failed'), 'it is told', PATIENCE);
      expect(stage.errors).toMatch(words);
      expect(stage.errors).toMatch(/certificate_failed.*shop\.test: .*; next try at /);
      await Bun.sleep(1500);
      expect(stage.front.of('directory').length).toBeLessThanOrEqual(3);
      expect(stage.front.of('new order').length).toBeLessThanOrEqual(3);
      isBroken = false;
      await stage.acme.isShown('shop.test');
      // Clients are shown it a moment before the log has it.
      await until(() => stage.errors.includes('certificate_obtained'), 'it is told of');
      expect(times(stage.errors, 'certificate_obtained')).toBe(1);
    },
    LONG,
  );

  test.concurrent.each<[string, string, () => Said]>([
    ['too many orders', 'new order', () => problem('rateLimited', 429, { 'Retry-After': '5' })],
    ['too many accounts', 'account', () => problem('rateLimited', 429, { 'Retry-After': '5' })],
    [
      'too much, without saying of what',
      'directory',
      () => new Response('', { status: 503, headers: { 'Retry-After': '5' } }),
    ],
  ])(
    'and finds it %s is asked no more before the time that it has named',
    async (_, where, fault) => {
      let refusedAt = 0;
      const says = ({ step, at }: Asked): Said => {
        if (step !== where || refusedAt > 0) return null;
        refusedAt = at;
        return fault();
      };
      await using stage = await Stage.open({ says });
      await stage.acme.isShown('shop.test');
      const [next] = stage.front.asked.filter(({ at, step }) => at > refusedAt && step === where);
      expect((next?.at ?? 0) - refusedAt).toBeGreaterThanOrEqual(5000);
      expect(times(stage.errors, 'certificate_failed')).toBe(1);
    },
    LONG,
  );

  test.concurrent(
    'while a certificate is renewed: clients are shown the old one as long as it lasts, and the new one afterwards',
    async () => {
      await using stage = await Stage.open({ pebble: { lifetime: 20 } });
      await stage.acme.isShown('shop.test');
      const first = await stage.acme.shown('shop.test');
      let isBroken = true;
      stage.front.says = ({ step }) => (isBroken && step === 'finalize' ? problem('serverInternal', 500) : null);
      await until(() => stage.errors.includes('certificate_failed'), 'the renewal fails', PATIENCE);
      expect(await stage.acme.shown('shop.test')).toBe(first);
      isBroken = false;
      await untilRenewed(stage);
      expect([first, null]).not.toContain(await stage.acme.shown('shop.test'));
    },
    LONG,
  );

  test.concurrent(
    'is not asked again because the gateway was started again',
    async () => {
      await using stage = await Stage.open({
        pebble: { blocked: ['shop.test'] },
        config: { retry: 'retry_after: 1h' },
      });
      await until(() => stage.errors.includes('certificate_failed'), 'it is told', PATIENCE);
      const before = stage.front.asked.length;
      await stage.restart();
      await until(async () => (await fetch(`${stage.gateway.admin}/certificates`)).ok, 'it serves');
      await Bun.sleep(1500);
      expect(stage.front.asked.length).toBe(before);
    },
    LONG,
  );

  test.concurrent(
    'gives way to the next one, which is asked in its place',
    async () => {
      let isAsked = false;
      const before = (): Said => {
        isAsked = true;
        return 'hang';
      };
      await using stage = await Stage.open({ before, config: { acme: ', timeout: 5s' } });
      await stage.acme.isShown('shop.test');
      expect(stage.errors).not.toContain('certificate_failed');
      expect(isAsked).toBe(true);
    },
    LONG,
  );

  test.concurrent(
    'and has given too many certificates gives way to the next one, and is not asked again before its time',
    async () => {
      const before = ({ step }: Asked): Said =>
        step === 'new order' ? problem('rateLimited', 429, { 'Retry-After': '3600' }) : null;
      await using stage = await Stage.open({ before, pebble: { lifetime: 12 } });
      await stage.acme.isShown('shop.test');
      await untilRenewed(stage);
      expect(stage.errors).not.toContain('certificate_failed');
      expect(stage.first?.of('new order')).toHaveLength(1);
    },
    LONG,
  );

  test.concurrent(
    'and wants to be left alone is so for all hosts',
    async () => {
      const hosts = Array.from({ length: 12 }, (_, at) => `host-${at}.test`);
      let refusedAt = 0;
      const says = ({ step, at }: Asked): Said => {
        if (step !== 'new order' || (refusedAt > 0 && at > refusedAt + 6000)) return null;
        refusedAt ||= at;
        return new Response('', { status: 503, headers: { 'Retry-After': '6' } });
      };
      await using stage = await Stage.open({ hosts, says });
      for (const host of hosts) await stage.acme.isShown(host);
      // Those that were under way when the first one heard it.
      const early = stage.front.of('new order').filter(({ at }) => at < refusedAt + 6000);
      expect(early.length).toBeLessThanOrEqual(4);
      expect(stage.errors).toMatch(/certificate_failed.*answers 503/);
    },
    LONG,
  );
});
