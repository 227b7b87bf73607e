import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { HeldCertificate, TlsRules } from '../../src/certificates/contract.ts';
import { NamedCertificates } from '../../src/certificates/named-certificates.ts';
import { INTERMEDIATE } from '../../src/core/certificate-source.ts';

// Few labels, so that names meet.
const label = fc.constantFrom('a', 'b', 'www');
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, 'test'].join('.'));
const name = fc.oneof(
  host,
  host.map((one) => `*.${one}`),
);
const domain = fc.oneof(
  name,
  label.map((one) => `${one}.*`),
);
const WALL = 1000;
const TENANTS = ['one', 'two'] as const;

const certificate = fc.record({
  names: fc.array(name, { minLength: 1, maxLength: 3 }),
  keyType: fc.constantFrom('ec', 'rsa'),
  expires: fc.constantFrom(500, 2000, 3000),
  owner: fc.constantFrom('gateway', 'gateway', 'one', 'two'),
});

const setup = fc.record({
  list: fc.array(certificate, { maxLength: 6 }),
  hasDefault: fc.boolean(),
  unknownNames: fc.constantFrom('default' as const, 'refuse' as const),
  domains: fc.array(fc.uniqueArray(domain, { maxLength: 3 }), { minLength: 2, maxLength: 2 }),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

function heldOf({ list, hasDefault }: Setup): readonly HeldCertificate[] {
  return list.map(({ names, keyType, expires, owner }, at) => ({
    id: at,
    cert: `${at}`,
    key: `${at}`,
    owner: owner === 'gateway' ? (at === 0 && hasDefault ? 'default' : 'gateway') : { tenant: owner },
    source: 'file',
    facts: { file: '', names, keyType, expires, issuer: '', fingerprint: '', validFrom: 0 },
  }));
}

function rulesOf({ unknownNames, domains }: Setup): TlsRules {
  const tenants = TENANTS.map((tenant, at) => ({
    tenant,
    domains: domains[at] ?? [],
    policy: at === 0 ? { minVersion: '1.3' as const, ciphers: null, sessionTickets: true } : null,
    clientAuth: 'usual' as const,
  }));
  return { policy: INTERMEDIATE, clientAuth: null, unknownNames, tenants, onDemand: null };
}

// As the words say it. `level`: exact names, or wildcards.
function naive(held: readonly HeldCertificate[], rules: TlsRules, wanted: string): readonly number[] | null {
  const below = `*${wanted.slice(wanted.indexOf('.'))}`;
  const patterns = [wanted, below, ...beginnings(wanted)];
  const owners = patterns.flatMap((pattern) => {
    const owner = rules.tenants.find(
      ({ tenant, domains }) => domains.includes(pattern) && held.some((one) => isOf(one, tenant)),
    );
    return owner === undefined ? [] : [owner.tenant];
  });
  for (const owner of [...owners, null])
    for (const level of [wanted, below]) {
      const fitting = held.filter((one) => isOf(one, owner) && one.facts.names.includes(level));
      if (fitting.length > 0) return bestOf(fitting);
    }
  return null;
}

function beginnings(wanted: string): readonly string[] {
  const labels = wanted.split('.');
  return labels.slice(1).map((_, at) => `${labels.slice(0, labels.length - 1 - at).join('.')}.*`);
}

function isOf({ owner }: HeldCertificate, tenant: string | null): boolean {
  return tenant === null ? typeof owner === 'string' : typeof owner !== 'string' && owner.tenant === tenant;
}

// The one of each kind of key that is valid for the longest time; of equal ones the first.
function bestOf(fitting: readonly HeldCertificate[]): readonly number[] {
  const ids = ['ec', 'rsa'].flatMap((keyType) => {
    const all = fitting.filter(({ facts }) => facts.keyType === keyType);
    const valid = all.filter(({ facts }) => facts.expires > WALL);
    const from = valid.length > 0 ? valid : all;
    const latest = Math.max(...from.map(({ facts }) => facts.expires));
    const best = from.find(({ facts }) => facts.expires === latest);
    return best === undefined ? [] : [best.id];
  });
  return ids.toSorted((one, other) => one - other);
}

describe('what a name is served with', () => {
  test('is what the words say', () => {
    fc.assert(
      fc.property(setup, host, (given, wanted) => {
        const [held, rules] = [heldOf(given), rulesOf(given)];
        const named = new NamedCertificates({ certificates: held, rules, wall: WALL }, null);
        const served = named.find(wanted);
        const expected = naive(held, rules, wanted);
        const usual = named.find(null);
        if (expected !== null) expect(numbersIn(served)).toEqual([...expected]);
        else if (given.unknownNames === 'refuse') expect(served).toBeNull();
        else expect(numbersIn(served)).toEqual(numbersIn(usual));
        if (given.unknownNames === 'refuse') expect(usual).toBeNull();
        const first = held.find(({ owner }) => owner === 'default') ?? held.find(({ owner }) => owner === 'gateway');
        if (given.unknownNames === 'default' && first !== undefined) expect(numbersIn(usual)).toContain(first.id);
      }),
      { numRuns: 2000 },
    );
  });

  test('is the same object for the same certificates and rules, also in the next version', () => {
    fc.assert(
      fc.property(setup, fc.array(host, { minLength: 2 }), (given, hosts) => {
        const [held, rules] = [heldOf(given), rulesOf(given)];
        const first = new NamedCertificates({ certificates: held, rules, wall: WALL }, null);
        const served = hosts.map((one) => first.find(one));
        const again = new NamedCertificates(
          { certificates: [...held], rules: structuredClone(rules), wall: WALL },
          first,
        );
        for (const [at, one] of hosts.entries()) expect(again.find(one)).toBe(served[at] ?? null);
        if (first.isUniform) expect(new Set(served).size).toBe(1);
      }),
    );
  });

  test('is never a certificate of another tenant', () => {
    fc.assert(
      fc.property(setup, host, (given, wanted) => {
        const [held, rules] = [heldOf(given), rulesOf(given)];
        const named = new NamedCertificates({ certificates: held, rules, wall: WALL }, null);
        for (const id of numbersIn(named.find(wanted))) {
          const { owner } = held[id] ?? {};
          if (typeof owner !== 'object') continue;
          const domains = rules.tenants.find(({ tenant }) => tenant === owner.tenant)?.domains ?? [];
          expect(domains.some((one) => matches(one, wanted))).toBe(true);
        }
      }),
    );
  });
});

function matches(pattern: string, wanted: string): boolean {
  if (pattern.startsWith('*.')) return wanted.slice(wanted.indexOf('.')) === pattern.slice(1);
  return pattern.endsWith('.*') ? wanted.startsWith(pattern.slice(0, -1)) : pattern === wanted;
}

function numbersIn(served: ReturnType<NamedCertificates['find']>): readonly number[] {
  return (served?.pairs ?? []).map(({ cert }) => Number(cert)).toSorted((one, other) => one - other);
}
