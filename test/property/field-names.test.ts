// The classifier of field names, which works by length and single bytes, beside an obvious one of strings.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ascii } from '../../src/message/bytes.ts';
import {
  CLAIM,
  CLAIM_NAMES,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  LOOKALIKE,
  OTHER,
  classify,
} from '../../src/message/field-names.ts';

/** Where the classifier has nothing but claims to tell from other names. */
function plainly(name: string): number {
  const hyphened = name.toLowerCase().replaceAll('_', '-');
  const own = new Map([
    ['x-forwarded-port', FORWARDED_PORT],
    ['x-forwarded-prefix', FORWARDED_PREFIX],
  ]).get(hyphened);
  const isClaim = CLAIM_NAMES.some((claim) =>
    claim.endsWith('-') ? hyphened.startsWith(claim) && hyphened !== claim : hyphened === claim,
  );
  if (own === undefined && !isClaim) return OTHER;
  if (name.includes('_')) return LOOKALIKE;
  return own ?? CLAIM;
}

const KNOWN = /^(x-forwarded-(for|proto|host)|x-request-id|x-real-ip)$/;

const letters = fc.stringMatching(/^[abcxz019_-]{0,6}$/);
const names = fc
  .tuple(
    fc.constantFrom('', ...CLAIM_NAMES, 'x-forwarded-port', 'x-forwarded-prefix', 'x-re', 'se', 'co'),
    letters,
    fc.array(fc.nat(40)),
  )
  .map(([begins, ends, places]) => spelled(`${begins}${ends}`, places))
  .filter((name) => name !== '' && !KNOWN.test(name.toLowerCase().replaceAll('_', '-')));

// Some letters in upper case, some hyphens as underscores.
function spelled(name: string, places: readonly number[]): string {
  return Array.from(name, (letter, at) => {
    if (!places.includes(at)) return letter;
    return letter === '-' ? '_' : letter.toUpperCase();
  }).join('');
}

function kindOf(name: string): number {
  const bytes = ascii(`\r\n${name}: x`);
  return classify(bytes, 2, name.length);
}

describe('a field name', () => {
  test('is a claim, or looks like one, in the same cases as by strings', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect([name, kindOf(name)]).toEqual([name, plainly(name)]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each(CLAIM_NAMES)('%s is a claim', (name) => {
    const whole = name.endsWith('-') ? `${name}anything` : name;
    expect(kindOf(whole)).toBe(CLAIM);
    expect(kindOf(whole.toUpperCase())).toBe(CLAIM);
    expect(kindOf(whole.replaceAll('-', '_'))).toBe(LOOKALIKE);
  });
});
