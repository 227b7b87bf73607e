import { describe, expect, test } from 'bun:test';
import type { HostLookup } from '../../../src/policies/tools.ts';
import { botLimits } from '../../../src/policies/bots/bot-limits.ts';
import { isBotName } from '../../../src/policies/bots/bot-names.ts';
import { policyOf, refusalsOf, requestFor, verdictOn } from '../../support/policies/alone.ts';
import { type TestTools, policyTools } from '../../support/policies/tools.ts';
import { settle } from '../../support/virtual-clock.ts';

const GOOGLE = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const WORDS = 10_000;

/** A DNS that knows these names of addresses, and addresses of names; null: it does not answer. */
function dns(
  names: Readonly<Record<string, readonly string[]>>,
  addresses: Readonly<Record<string, readonly string[]>>,
) {
  const asked: string[] = [];
  const hosts: HostLookup = {
    namesOf: (address) => {
      asked.push(address);
      return Promise.resolve(names[address] ?? []);
    },
    addressesOf: (name) => {
      asked.push(name);
      return Promise.resolve(addresses[name] ?? []);
    },
  };
  return { asked, hosts };
}

function policyWith(options: object, hosts?: HostLookup) {
  const plain = policyTools('main', WORDS);
  const tools: TestTools = { ...plain, hosts: hosts ?? plain.hosts };
  const policy = policyOf(botLimits, options, tools);
  const ask = (userAgent: string | null, address = '192.0.2.1') => {
    const fields = userAgent === null ? [] : [`User-Agent: ${userAgent}`];
    const verdict = verdictOn(policy, requestFor('/', { fields, client: { address } }));
    return verdict.kind === 'refuse' ? verdict.failure.code : verdict.kind;
  };
  return { ask, clock: tools.clock, policy };
}

const ONE = { known_bots: { requests: 1, per: '1s', burst: 1 } };

describe('names of bots', () => {
  test('are known, and those of browsers are not', () => {
    const bots = [GOOGLE, 'GPTBot/1.2', 'curl/8.9.1', 'facebookexternalhit/1.1', 'Baiduspider', 'python-requests/2.32'];
    const people = [BROWSER, 'Mozilla/5.0 (Linux; Android 10; CUBOT X50) Chrome/120.0', 'okhttp/4.12.0'];
    expect(bots.filter((name) => !isBotName(name.toLowerCase()))).toEqual([]);
    expect(people.filter((name) => isBotName(name.toLowerCase()))).toEqual([]);
  });
});

describe('limits of bots', () => {
  test('are for each client of its own, and for no browser', async () => {
    const { ask, clock } = policyWith(ONE);
    expect([ask(GOOGLE), ask('curl/8'), ask(GOOGLE, '192.0.2.2')]).toEqual(['continue', 'rate-limited', 'continue']);
    expect([ask(BROWSER), ask(BROWSER)]).toEqual(['continue', 'continue']);
    await clock.advance(1000);
    expect(ask(GOOGLE)).toBe('continue');
  });

  test('count a network of IPv6 as one client', () => {
    const { ask } = policyWith(ONE);
    expect([ask(GOOGLE, '2001:db8::1'), ask(GOOGLE, '2001:db8::2'), ask(GOOGLE, '2001:db8:0:1::2')]).toEqual([
      'continue',
      'rate-limited',
      'continue',
    ]);
  });

  test('keep out and limit whom the configuration names, in any case', () => {
    const { ask } = policyWith({ ...ONE, user_agents: { deny: ['GPTBot'], limit: ['Firefox'] } });
    expect(ask('Mozilla/5.0 (compatible; gptbot/1.0)')).toBe('forbidden');
    expect([ask(BROWSER), ask(BROWSER)]).toEqual(['continue', 'rate-limited']);
  });

  test('let through, limit or keep out who says nothing', () => {
    const codes = (empty: string) => {
      const { ask } = policyWith({ ...ONE, empty_user_agent: empty });
      return [ask(null), ask(' ')];
    };
    expect(codes('allow')).toEqual(['continue', 'continue']);
    expect(codes('limit')).toEqual(['continue', 'rate-limited']);
    expect(codes('deny')).toEqual(['forbidden', 'forbidden']);
  });

  test('may be none', () => {
    const { ask } = policyWith({ known_bots: { requests: 'none' } });
    expect([ask(GOOGLE), ask(GOOGLE)]).toEqual(['continue', 'continue']);
    const [message] = refusalsOf(botLimits, { known_bots: { requests: 'none' }, empty_user_agent: 'limit' });
    expect(message).toContain('not how');
  });
});

describe('a crawler that is verified', () => {
  const options = { ...ONE, verified: ['googlebot'] };
  const name = 'crawl-192-0-2-1.googlebot.com';

  test('is not limited once DNS has led from its address to a name of its operator, and back', async () => {
    const { asked, hosts } = dns({ '192.0.2.1': [name] }, { [name]: ['192.0.2.1'] });
    const { ask } = policyWith(options, hosts);
    // Nobody waits for DNS.
    expect([ask(GOOGLE), ask(GOOGLE)]).toEqual(['continue', 'rate-limited']);
    await settle();
    expect([ask(GOOGLE), ask(GOOGLE)]).toEqual(['continue', 'continue']);
    expect(asked).toEqual(['192.0.2.1', name]);
  });

  test.each([
    ['has a name of somebody else', { '192.0.2.1': ['host.example.com'] }, {}],
    [
      'has a name that only looks so',
      { '192.0.2.1': ['crawl.evilgooglebot.com'] },
      { 'crawl.evilgooglebot.com': ['192.0.2.1'] },
    ],
    [
      'has a name below which it is',
      { '192.0.2.1': ['googlebot.com.example.com'] },
      { 'googlebot.com.example.com': ['192.0.2.1'] },
    ],
    ['has a name that leads elsewhere', { '192.0.2.1': [name] }, { [name]: ['192.0.2.9'] }],
    ['has no name', {}, {}],
  ])('is limited if its address %s', async (_, names, addresses) => {
    const { hosts } = dns(names, addresses);
    const { ask } = policyWith(options, hosts);
    ask(GOOGLE);
    await settle();
    expect(ask(GOOGLE)).toBe('rate-limited');
  });

  test('may have an address of IPv6, however it is written', async () => {
    const { hosts } = dns({ '2001:db8::1': [`${name}.`] }, { [`${name}.`]: ['2001:0db8:0:0:0:0:0:1'] });
    const { ask } = policyWith(options, hosts);
    ask(GOOGLE, '2001:db8::1');
    await settle();
    expect([ask(GOOGLE, '2001:db8::1'), ask(GOOGLE, '2001:db8::1')]).toEqual(['continue', 'continue']);
  });

  test('is asked about once, again after a minute where DNS has not answered, and stays verified in an outage', async () => {
    let names: readonly string[] | null = null;
    let asked = 0;
    const hosts: HostLookup = {
      namesOf: () => (asked++, Promise.resolve(names)),
      addressesOf: () => Promise.resolve(['192.0.2.1']),
    };
    const { ask, clock } = policyWith(options, hosts);
    ask(GOOGLE);
    await settle();
    ask(GOOGLE);
    expect(asked).toBe(1);
    names = [name];
    await clock.advance(60_001);
    ask(GOOGLE);
    await settle();
    expect([asked, ask(GOOGLE), ask(GOOGLE)]).toEqual([2, 'continue', 'continue']);
    names = null;
    await clock.advance(86_400_001);
    ask(GOOGLE);
    await settle();
    expect([asked, ask(GOOGLE), ask(GOOGLE)]).toEqual([3, 'continue', 'continue']);
  });

  test('is asked about with few others at a time', () => {
    let asked = 0;
    const hosts: HostLookup = {
      namesOf: () => (asked++, new Promise(() => undefined)),
      addressesOf: () => Promise.resolve(null),
    };
    const { ask } = policyWith(options, hosts);
    for (let at = 0; at < 100; at++) ask(GOOGLE, `192.0.2.${at}`);
    expect(asked).toBe(16);
  });
});
