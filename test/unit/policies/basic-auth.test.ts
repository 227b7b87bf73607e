import { afterEach, describe, expect, spyOn, test } from 'bun:test';
import { AttemptLimit } from '../../../src/policies/auth/attempt-limit.ts';
import { basicAuth } from '../../../src/policies/auth/basic-auth.ts';
import { parseBasic } from '../../../src/policies/auth/basic-credentials.ts';
import { parsePasswordFile, parsePasswordHash } from '../../../src/policies/auth/password-list.ts';
import { Turns } from '../../../src/policies/auth/turns.ts';
import type { Policy, Verdict } from '../../../src/policies/contract.ts';
import { basic } from '../../support/guarded-tenant.ts';
import { requestHead } from '../../support/heads.ts';
import { policyRequest } from '../../support/policy-request.ts';
import { policyTools } from '../../support/policies/tools.ts';
import { settle } from '../../support/virtual-clock.ts';

const HASH = await Bun.password.hash('geheim', { algorithm: 'bcrypt', cost: 4 });
const OTHER = await Bun.password.hash('another', { algorithm: 'bcrypt', cost: 4 });

const verify = spyOn(Bun.password, 'verify');

afterEach(() => void verify.mockClear());

function policyOf(more: object = {}, tools = policyTools('main', 4096)): Policy {
  const users = [
    { name: 'bert', hash: HASH },
    { name: 'anna', hash: OTHER },
  ];
  return basicAuth.create(basicAuth.options.parse({ users, ...more }), tools);
}

async function ask(policy: Policy, authorization: string): Promise<Verdict | undefined> {
  const fields = `Authorization: ${authorization}\r\n`;
  return await policy.request?.(policyRequest(requestHead(`GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n`)));
}

describe('a password', () => {
  test('is verified once for many requests, and again when it is forgotten', async () => {
    const tools = policyTools('main', 4096);
    const policy = policyOf({}, tools);
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(policy, basic('bert', 'geheim'))));
    expect(all.every((verdict) => verdict?.kind === 'continue')).toBe(true);
    await ask(policy, basic('bert', 'geheim'));
    expect(verify).toHaveBeenCalledTimes(1);
    await tools.clock.advance(300_001);
    await ask(policy, basic('bert', 'geheim'));
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test('is verified every time where nothing is remembered', async () => {
    const policy = policyOf({ cache: 0 });
    for (let time = 0; time < 3; time++) await ask(policy, basic('bert', 'geheim'));
    expect(verify).toHaveBeenCalledTimes(3);
  });

  test('for a name that nobody has takes the same work, and is wrong even if it is that of another', async () => {
    const policy = policyOf();
    for (const name of ['nobody', 'somebody', 'x', 'y', 'z'])
      for (const password of ['geheim', 'another'])
        expect(await ask(policy, basic(name, password))).toMatchObject({ kind: 'refuse' });
    expect(verify).toHaveBeenCalledTimes(10);
  });

  test('that was right once is not remembered for another user', async () => {
    const policy = policyOf();
    expect(await ask(policy, basic('bert', 'geheim'))).toMatchObject({ kind: 'continue' });
    expect(await ask(policy, basic('anna', 'geheim'))).toMatchObject({ kind: 'refuse' });
  });
});

describe('attempts', () => {
  function limit(perMinute: number): {
    readonly attempts: AttemptLimit;
    readonly tools: ReturnType<typeof policyTools>;
  } {
    const tools = policyTools('main', 4096);
    return { attempts: new AttemptLimit(perMinute, tools), tools };
  }

  test('are as many at once as in a minute, and then one in each part of it', async () => {
    const { attempts, tools } = limit(10);
    await tools.clock.advance(5_000_000);
    const waits = Array.from({ length: 12 }, () => attempts.charge('a'));
    expect(waits.filter((wait) => wait === null).length).toBe(10);
    expect(waits.at(-1)).toBe(waits.at(-2) ?? null);
    expect(Number(waits.at(-1))).toBeLessThanOrEqual(6000);
    await tools.clock.advance(6000);
    expect([attempts.charge('a'), attempts.charge('a') === null]).toEqual([null, false]);
  });

  test('that succeed are given back', () => {
    const { attempts } = limit(3);
    for (let time = 0; time < 100; time++) {
      expect(attempts.charge('a')).toBeNull();
      attempts.giveBack('a');
    }
  });

  test('of one client are not those of another, also with more of them than are remembered', () => {
    const { attempts } = limit(2);
    for (let client = 0; client < 10_000; client++) expect(attempts.charge(`client ${client}`)).toBeNull();
    attempts.charge('last');
    attempts.charge('last');
    expect(attempts.charge('last')).not.toBeNull();
  });

  test('go on where the counter of time wraps around', async () => {
    const { attempts, tools } = limit(2);
    await tools.clock.advance(2 ** 31 * 100 - 1000);
    expect([attempts.charge('a'), attempts.charge('a'), attempts.charge('a') === null]).toEqual([null, null, false]);
    await tools.clock.advance(60_000);
    expect(attempts.charge('a')).toBeNull();
  });
});

describe('turns', () => {
  test('are taken in order, and a few may wait', async () => {
    const turns = new Turns(2, 2);
    const order: number[] = [];
    const ends: (() => void)[] = [];
    const work = (number: number): Promise<number | null> =>
      turns.run(async () => {
        order.push(number);
        await new Promise<void>((resolve) => void ends.push(resolve));
        return number;
      });
    const all = [1, 2, 3, 4, 5].map(work);
    expect(await all[4]).toBeNull();
    expect(order).toEqual([1, 2]);
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await settle();
    }
    expect([order, await Promise.all(all)]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4, null],
    ]);
    expect(await turns.run(() => Promise.resolve('free'))).toBe('free');
    const failed = turns.run(() => Promise.reject(new Error('no'))).catch(String);
    expect(await failed).toBe('Error: no');
    expect(await turns.run(() => Promise.resolve('free'))).toBe('free');
  });
});

describe('a line of htpasswd', () => {
  test.each([
    [`a:${HASH}`, true],
    [`a:${HASH.replace('$2b', '$2y')}\r\n`, true],
    ['# nobody', true],
    [`a:${HASH}\na:${HASH}`, 'the user a is there twice'],
    ['a', 'line 1: there is no colon'],
    ['\n\na:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00', 'line 3: the hash is of the kind apr1'],
    ['a:{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=', 'SHA1'],
    ['a:rqXexS6ZhobKA', 'no hash of bcrypt or argon2'],
    ['a:$6$x$y', 'crypt'],
    [`a:${HASH.replace('$04$', '$31$')}`, 'more than 15 rounds'],
    [`a:${HASH.replace('$04$', '$03$')}`, 'fewer than 4 rounds'],
    ['a:$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQx$MDEyMzQ1Njc4OWFiY2RlZg', 'more than 1 GiB'],
  ])('%p is taken, or not', (text, outcome) => {
    const parsed = parsePasswordFile(text);
    if (outcome === true) expect(parsed.ok).toBe(true);
    else expect(parsed.ok ? '' : parsed.error).toContain(String(outcome));
  });

  test('never has what it does not take in the message', () => {
    const parsed = parsePasswordHash('a password in plain text');
    expect(parsed.ok ? '' : parsed.error).not.toContain('plain text');
  });
});

describe('credentials', () => {
  test.each([
    ['anna:geheim', { name: 'anna', password: 'geheim' }],
    ['anna:a:b:', { name: 'anna', password: 'a:b:' }],
    [':', { name: '', password: '' }],
    ['ännä:ß', { name: 'ännä', password: 'ß' }],
    ['anna', null],
    ['anna:\n', null],
  ])('%p are read', (text, outcome) => {
    expect(parseBasic(Buffer.from(text).toString('base64'))).toEqual(outcome);
  });
});
