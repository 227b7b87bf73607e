// Routes of a tenant: which of its requests go to which of its pools, or are answered by the gateway itself.
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { type Refusal, flag, text } from '../core/settings.ts';
import { listed } from '../policies/registry.ts';
import { domain, exactPath, explainPath, name, oneOrMore, pathPrefix } from './fields.ts';
import { fieldName, fieldText, method, policyList } from './policies.ts';
import { keyedKinds } from './unions.ts';

/** As many as a large API has; each costs memory, and none of them time. */
const MOST_ROUTES = 20_000;
/** Each parameter may double the ways in which a path is looked up. */
const MOST_PARAMETERS = 8;

const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_]*\}$/;

const pathTemplate = text<string>({
  type: 'path with parameters',
  expected: 'a path such as "/users/{id}"',
  pattern: '^/[^?#%;\\\\\\s]*$',
  parse(value) {
    if (!value.startsWith('/')) return err({ message: '{value} does not begin with "/"' });
    const parameters = value.split('/').filter((segment) => /[{}]/.test(segment));
    if (parameters.some((segment) => !PARAMETER.test(segment))) return err(brokenParameter);
    if (parameters.length === 0)
      return err({ message: '{value} has no parameter such as {id}; `path` is for such paths' });
    if (parameters.length > MOST_PARAMETERS)
      return err({ message: `{value} has more than ${MOST_PARAMETERS} parameters` });
    const problem = explainPath(value);
    return problem === null ? ok(value) : err({ message: problem });
  },
});

const brokenParameter: Refusal = {
  message: '{value} has braces that are no parameter: one stands for a whole segment, as in /users/{id}/posts',
};

const parameterName = text<string>({
  type: 'parameter',
  expected: 'the name of a parameter of the query',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const match = z.strictObject({
  path: optional(oneOrMore(exactPath), 'A path as a whole, such as `/login`; or a list.'),
  path_prefix: optional(
    oneOrMore(pathPrefix),
    'The beginning of paths, with a slash at both ends; or a list. `/api/` is for `/api`, too.',
  ),
  path_template: optional(
    oneOrMore(pathTemplate),
    'A path with parameters, such as `/users/{id}`; or a list. A parameter stands for one segment that is not empty.',
  ),
  methods: optional(oneOrMore(method), 'Methods, such as `[GET, HEAD]`. Absent: all.'),
  headers: optional(
    z.record(fieldName, oneOrMore(fieldText)).meta({ 'x-type': 'map of names to texts' }),
    'Header fields that must be there, each with one of these values; `*` for any value.',
  ),
  query: optional(
    z.record(parameterName, oneOrMore(fieldText)).meta({ 'x-type': 'map of names to texts' }),
    'Parameters of the query that must be there, each with one of these values; `*` for any value. Where one is there several times, one of them is enough.',
  ),
  hosts: optional(oneOrMore(domain), 'Some of the hosts of the tenant, as in `domains`. Absent: all of them.'),
});

/** What a route may lead to instead of a pool: policies that answer, or that choose a pool. */
const ACTIONS: readonly string[] = ['redirect', 'static', 'split'];

type Listed = (typeof listed)[number];
type Action = Extract<Listed, { readonly type: 'redirect' | 'static' | 'split' }>;

const actions = listed.filter((kind): kind is Action => ACTIONS.includes(kind.type));

const route = z.strictObject({
  name: optional(name, 'A name for people, unique in the tenant.'),
  match: defaulted(
    match,
    'Which requests it is for: one of the paths must match, and everything else that is given. Paths are whole ones, as clients send them, with the `path_prefix` of the tenant. Without a path: every path of the tenant.',
    { value: {}, reason: 'everything below the tenant.' },
  ),
  pool: optional(
    name,
    'The pool that they go to, by its name in `pools`; `default`: the services of the tenant itself, as where nothing is said.',
  ),
  ...keyedKinds(actions, 'tenants[].policies[]'),
  strip_prefix: optional(
    flag,
    'Whether what `path_prefix` of the route has matched is removed before a request goes on. Absent: as the tenant does with its own prefix.',
  ),
  policies: defaulted(policyList, 'Policies of the route, after those of the tenant.', {
    value: [],
    reason: 'most routes need none of their own.',
  }).meta({ 'x-same-as': 'tenants[].policies' }),
});

export type RouteConfig = z.output<typeof route>;
export type MatchConfig = z.output<typeof match>;

/** The routes of a tenant. */
export const routeList = z.array(described(route, 'A route.')).max(MOST_ROUTES);

/** The keys of a route that say where it leads. */
export function targetsOf(one: object): readonly string[] {
  return Object.keys(one).filter((key) => key === 'pool' || ACTIONS.includes(key));
}

/** Those of them that are policies. */
export function actionsOf(one: object): readonly string[] {
  return Object.keys(one).filter((key) => ACTIONS.includes(key));
}
