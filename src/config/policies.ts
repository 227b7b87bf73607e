// Lists of policies, as tenants and routes have them, and which requests each of them is for.
import { z } from 'zod';
import { described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { flag, text } from '../core/settings.ts';
import { listed } from '../policies/registry.ts';
import { addressRange, domain, name, oneOrMore } from './fields.ts';
import { keyedKinds } from './unions.ts';

/** Enough for any tenant, and a bound for what one request may cost. */
const MOST_POLICIES = 64;

/** What is said of an entry in which no policy stands. */
export const NAMES_NO_POLICY = 'names no policy';

/** A method. */
export const method = text<string>({
  type: 'method',
  expected: 'a method such as GET',
  pattern: '^[A-Za-z]{1,32}$',
  parse: (value) =>
    /^[A-Za-z]{1,32}$/.test(value) ? ok(value.toUpperCase()) : err({ message: '{value} is not a method' }),
});

const pathPattern = text<string>({
  type: 'path',
  expected: 'a path such as "/login", or with an asterisk at its end such as "/api/*"',
  pattern: '^/[!-~]*$',
  parse(value) {
    if (!/^\/[!-~]*$/.test(value)) return err({ message: '{value} is not a path' });
    return value.slice(0, -1).includes('*')
      ? err({ message: '{value} has an asterisk elsewhere than at its end' })
      : ok(value);
  },
});

/** The name of a header field; in lower case. */
export const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  parse: (value) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)
      ? ok(value.toLowerCase())
      : err({ message: '{value} is not a field name' }),
});

/** A value of one. */
export const fieldText = text<string>({ type: 'text', expected: 'a text', parse: (value) => ok(value) });

const conditions = {
  methods: optional(oneOrMore(method), 'Methods, such as `[POST, PUT]`. `GET` means `HEAD`, too.'),
  paths: optional(
    oneOrMore(pathPattern),
    'Paths as the client sends them: exact, or with `*` at the end for all that begin so; `/api/*` is for `/api`, too.',
  ),
  hosts: optional(oneOrMore(domain), 'Hosts, as in `domains` of a tenant.'),
  headers: optional(
    z.record(fieldName, oneOrMore(fieldText)).meta({ 'x-type': 'map of names to texts' }),
    'Header fields that must be there, each with one of these values; `*` for any value.',
  ),
  clients: optional(oneOrMore(addressRange), 'Addresses of clients, or ranges of them.'),
};

const when = z.strictObject({
  ...conditions,
  not: optional(z.strictObject(conditions), 'Requests that match this as well are not meant.'),
});

/** One policy of a list. */
export const policyEntry = z
  .strictObject({
    ...keyedKinds(listed),
    use: optional(name, 'A set of `policy_sets`, whose policies stand here.'),
    name: optional(name, 'A name for logs, metrics and header fields; it must be unique in its list.'),
    when: optional(when, 'Which requests it is for. Every list that is given must match. Absent: all requests.'),
    enabled: optional(flag, 'Whether it is there at all; `false` leaves it out without taking it out of the file.'),
  })
  .superRefine((entry, context) => {
    const given = typesIn(entry);
    if (given.length === 1) return;
    const message = given.length === 0 ? NAMES_NO_POLICY : `names ${given.length} policies: ${given.join(', ')}`;
    const expected = `one of ${[...listed.map(({ type }) => type), 'use'].join(', ')}, with a map of its options`;
    context.issues.push({ code: 'custom', input: entry, params: { message, expected } });
  });

export type PolicyEntry = z.output<typeof policyEntry>;

/** A list of policies. */
export const policyList = z.array(described(policyEntry, 'A policy.')).max(MOST_POLICIES);

/** The keys of an entry that say what it is. */
export function typesIn(entry: object): readonly string[] {
  const types: ReadonlySet<string> = new Set([...listed.map(({ type }) => type), 'use']);
  return Object.keys(entry).filter((key) => types.has(key));
}
