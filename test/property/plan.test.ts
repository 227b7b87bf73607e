import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { compile } from '../../src/plan/compile.ts';
import { commonPart, fingerprintOf } from '../../src/plan/fingerprint.ts';
import { config } from '../support/configs.ts';

const leaf = fc.oneof(
  fc.constantFrom(null, undefined, true, false, '', '0', 'n0;', 0, 1, -1, 0.5),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER, 1n),
  fc.string({ maxLength: 5 }),
  fc.integer(),
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom(/a/, /a/i, /b/u),
);
const key = fc.string({ maxLength: 3 }).filter((name) => name !== '__proto__');

/** Whatever a plan could hold. */
const { data } = fc.letrec<{ data: unknown; map: Record<string, unknown> }>((tie) => ({
  map: fc.dictionary(key, tie('data'), { maxKeys: 4 }),
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('data'), { maxLength: 4 }),
    tie('map'),
    fc.uniqueArray(fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }))).map((all) => new Set(all)),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), tie('data')), { selector: ([name]) => name })
      .map((all) => new Map(all)),
  ),
}));

describe('a fingerprint', () => {
  test('is the same in whatever order keys and members come, and for a clone', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(fingerprintOf(reversed(value))).toBe(fingerprintOf(value));
        expect(fingerprintOf(structuredClone(value))).toBe(fingerprintOf(value));
      }),
    );
  });

  test('is the same where a part of the value is known to be common', () => {
    fc.assert(
      fc.property(data, (value) => {
        const common = commonPart([structuredClone(value)]);
        expect(fingerprintOf({ a: common, b: 1 })).toBe(fingerprintOf({ a: [value], b: 1 }));
      }),
    );
  });

  test('is another one for every other value', () => {
    fc.assert(
      fc.property(data, data, (one, other) => {
        expect(fingerprintOf(one) === fingerprintOf(other)).toBe(Bun.deepEquals(tidy(one), tidy(other), true));
      }),
      { numRuns: 2000 },
    );
  });

  test('is another one when any one part of a value is another', () => {
    fc.assert(
      fc.property(data, fc.nat(), (value, at) => {
        const parts = partsOf(value);
        const { with: changed } = parts[at % parts.length];
        expect(fingerprintOf(changed('something else'))).not.toBe(fingerprintOf(value));
      }),
    );
  });

  test('is refused to what is no data', () => {
    for (const value of [() => 1, Symbol('a'), { run: () => 1 }, [new Date()], new URL('http://a')]) {
      expect(() => fingerprintOf(value)).toThrow(TypeError);
    }
  });
});

const TEXT = `
limits: { body_bytes: none }
tenants:
  - name: shop
    domains: [shop.test, "*.shop.test"]
    path_prefix: /api/
    balance: { type: consistent_hash, key: "header:x-user" }
    health_check: { path: /health, expect_body: { matches: "^o(k|kay)$" }, headers: { X-Secret: one } }
    affinity: {}
    retry: { hedge_after: 95%, per_try_timeout: 2s }
    services:
      - { name: a, url: "https://user:secret@10.0.0.1:8443/base?key=1", max_requests: none }
      - { name: b, url: "http://backends.test", discover: addresses, backup: true }
  - { name: plain, domains: [plain.test], outlier_ejection: { enabled: false } }
`;

describe('a plan', () => {
  const plan = compile(config(TEXT));

  test('is data: a clone of it is equal, and has the same fingerprints', () => {
    const clone = structuredClone(plan);
    expect(clone).toEqual(plan);
    expect(fingerprintOf(clone)).toBe(fingerprintOf(plan));
    for (const { fingerprint, ...settings } of clone.tenants) expect(fingerprintOf(settings)).toBe(fingerprint);
  });

  test('has another fingerprint for a tenant of which any part is another', () => {
    for (const { fingerprint, ...settings } of plan.tenants) {
      for (const part of partsOf(settings)) {
        expect([part.path, fingerprintOf(part.with('something else'))]).not.toEqual([part.path, fingerprint]);
      }
    }
  });

  test('is the same each time that a configuration is compiled', () => {
    expect(compile(config(TEXT))).toEqual(plan);
  });
});

type Part = { readonly path: string; readonly with: (value: unknown) => unknown };

/** Every part of a value, itself included, and how to put another in its place. */
function partsOf(value: unknown, path = ''): Part[] {
  const own: Part = { path, with: (other) => other };
  return [
    own,
    ...childrenOf(value).flatMap(({ name, child, replace }) => {
      return partsOf(child, `${path}.${name}`).map((part) => ({
        path: part.path,
        with: (other: unknown) => replace(part.with(other)),
      }));
    }),
  ];
}

type Child = { readonly name: string; readonly child: unknown; readonly replace: (other: unknown) => unknown };

function childrenOf(value: unknown): Child[] {
  if (Array.isArray(value))
    return value.map((child, at) => ({ name: String(at), child, replace: (other) => value.with(at, other) }));
  if (value instanceof Set)
    return [...value].map((child) => ({
      name: String(child),
      child,
      replace: (other) => new Set([...value].map((one) => (one === child ? other : one))),
    }));
  if (value instanceof Map)
    return [...value].map(([name, child]) => ({
      name: String(name),
      child,
      replace: (other) => new Map(value).set(name, other),
    }));
  if (!isPlain(value)) return [];
  return Object.entries(value).map(([name, child]) => ({
    name,
    child,
    replace: (other) => ({ ...value, [name]: other }),
  }));
}

/** Without keys that have no value: for a fingerprint they are not there. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (value instanceof Map) return new Map([...value].map(([name, child]) => [name, tidy(child)]));
  if (!isPlain(value)) return value;
  const present = Object.entries(value).filter(([, child]) => child !== undefined);
  return Object.fromEntries(present.map(([name, child]) => [name, tidy(child)]));
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value instanceof Set) return new Set([...value].toReversed());
  if (value instanceof Map) return new Map([...value].toReversed().map(([name, child]) => [name, reversed(child)]));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, child]) => [name, reversed(child)]),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
