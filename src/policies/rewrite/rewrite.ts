// Has backends get another path, query or Host than the client has sent.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { failure } from '../../core/failure.ts';
import { type Result, err, ok } from '../../core/result.ts';
import { flag, text } from '../../core/settings.ts';
import type { Moved } from '../../message/contract.ts';
import { contradict } from '../contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from '../contract.ts';
import { compileTemplate, template } from '../template.ts';
import { type LinearExpression, compileExpression } from '../../core/linear-expression.ts';
import { movedWith, movedWithout, withoutPrefix } from './moved.ts';
import { fillResult, parsePathPattern, whyNoResult } from './path-pattern.ts';
import { parameter, parametersOf, withoutParameters } from './query.ts';

const LONGEST_EXPRESSION = 1000;

const prefixText = text<string>({
  type: 'path',
  expected: 'the beginning of paths, such as "/v1"',
  parse(value) {
    const path = value.replace(/\/$/, '');
    return /^(\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)
      ? ok(path)
      : err({ message: '{value} is no beginning of paths' });
  },
});

const pattern = text<string>({
  type: 'path with parts',
  expected: 'a path such as "/v{version}/items/{id}" or "/old/{rest*}"',
  parse(value) {
    const parsed = parsePathPattern(value);
    return parsed.ok ? ok(value) : err({ message: `{value} ${parsed.error}` });
  },
});

const expression = text<string>({
  type: 'regular expression',
  expected: 'a regular expression of RE2 (https://github.com/google/re2/wiki/Syntax)',
  parse(value) {
    if (value.length > LONGEST_EXPRESSION)
      return err({ message: `{value} is longer than ${LONGEST_EXPRESSION} characters` });
    const compiled = compileExpression(value);
    return compiled.ok ? ok(value) : err({ message: `{value} cannot be used: ${compiled.error}` });
  },
});

const result = text<string>({
  type: 'path with places',
  expected: 'a path such as "/items/{id}?v={version}"',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const parameterName = text<string>({
  type: 'parameter',
  expected: 'the name of a parameter of the query',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const replacement = z.strictObject({
  from: described(prefixText, 'What paths begin with.'),
  to: described(prefixText, 'What stands in its place.'),
});

const query = z.strictObject({
  set: optional(
    z.record(parameterName, template).meta({ 'x-type': 'map of names to texts with places' }),
    'Parameters that stand in place of all of their name.',
  ),
  remove: optional(
    z.array(described(parameterName, 'A name.')),
    'Parameters that are left out; `utm_*` for all that begin so.',
  ),
});

/** Of these there is one at most: what happens to the path. */
const WAYS = ['strip_prefix', 'add_prefix', 'replace_prefix', 'path', 'match', 'regex'] as const;

const options = z
  .strictObject({
    strip_prefix: optional(prefixText, 'A beginning of paths that is removed: `/v1` of `/v1/a`, and not of `/v10`.'),
    add_prefix: optional(prefixText, 'What is put before every path.'),
    replace_prefix: optional(replacement, 'A beginning of paths that another one takes the place of.'),
    path: optional(template, 'The path for every request, with places such as `{host}`.'),
    match: optional(
      pattern,
      'Which paths are rewritten: a path with parts such as `{id}`, which stand for one segment or a part of it; `{rest*}` at the end, for all that is left.',
    ),
    regex: optional(
      expression,
      'Which paths are rewritten, by a regular expression (RE2, whose time is bounded; it has no back-references). Its groups are `{1}`, `{2}` and so on, or have names: `(?P<id>[0-9]+)`.',
    ),
    to: optional(
      result,
      'What a path becomes that `match` or `regex` fits, with its parts as places. If it has no query, that of the request stays; otherwise both are there.',
    ),
    query: optional(query, 'Changes of the query, after those of the path.'),
    host: optional(template, 'The Host that backends get, with places.'),
    map_back: defaulted(
      flag,
      'Whether what answers say of places (`Location`, `Content-Location`, paths of cookies) is changed to what the client knows, where a prefix was removed, added or replaced.',
      { value: true, reason: 'otherwise a redirect of the origin leads nowhere.' },
    ),
  })
  .superRefine((given, context) => {
    const problem = whyNoWay(given);
    if (problem !== null) contradict(given, context, problem);
  });

type Options = z.output<typeof options>;
type Problem = Parameters<typeof contradict>[2];

function whyNoWay(given: Options): Problem | null {
  const [way, other] = WAYS.filter((key) => given[key] !== undefined);
  if (other !== undefined) return { at: other, message: `stands beside \`${way}\``, expected: 'one of them' };
  if (way === undefined && given.query === undefined && given.host === undefined)
    return { message: 'changes nothing', expected: `one of ${WAYS.join(', ')}, query and host` };
  const names = namesOf(given);
  if (names === null || given.to === undefined) {
    if (names === null && given.to === undefined) return null;
    return { at: 'to', message: 'is for `match` and `regex`, and they for it', expected: 'both, or neither' };
  }
  const why = whyNoResult(given.to, names);
  return why === null ? null : { at: 'to', message: `{value} ${why}`, expected: `places among ${names.join(', ')}` };
}

/** What `to` may name; null: there is nothing that paths are compared with. */
function namesOf({ match, regex }: Options): readonly string[] | null {
  if (match !== undefined) return valueOf(parsePathPattern(match)).names;
  if (regex === undefined) return null;
  const { groups, names } = valueOf(compileExpression(regex));
  return [...Array.from({ length: groups + 1 }, (_, group) => String(group)), ...Object.keys(names)];
}

function valueOf<T>(read: Result<T, string>): T {
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

export const rewrite = {
  type: 'rewrite',
  summary:
    'Has backends get another path, query or Host. Paths are seen as the backend would get them: without the prefix of the tenant, and as policies before have left them.',
  options,
  words: () => 0,
  isShared: false,
  create(given, { tenant }): Policy {
    const way = wayOf(given, tenant);
    const changeQuery = given.query === undefined ? null : queryChange(given.query, tenant);
    const host = given.host === undefined ? null : compileTemplate(given.host, tenant);
    return {
      request(request): Verdict {
        const before = splitTarget(request.target);
        const moved = way === null ? before : (way(before, request) ?? before);
        const after = changeQuery === null ? moved : changeQuery(moved, request);
        try {
          if (after !== before) put(request, after);
          if (host !== null) request.rewriteHost(host.fill(request));
        } catch {
          return REFUSED;
        }
        return CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

// What a client has sent has led to a target that no request may have.
const REFUSED: Verdict = { kind: 'refuse', failure: failure('path-ambiguous'), retryAfter: null };

/** `query`: with its `?`; empty for none. `moved`: how paths differ then; null: as before. */
type Target = { readonly path: string; readonly query: string; readonly moved: Moved | null };
/** Null: the path is not meant. */
type Way = (target: Target, request: PolicyRequest) => Target | null;

function splitTarget(target: string): Target {
  const at = target.indexOf('?');
  return at < 0
    ? { path: target, query: '', moved: null }
    : { path: target.slice(0, at), query: target.slice(at), moved: null };
}

function put(request: PolicyRequest, { path, query: parameters, moved }: Target): void {
  // Unreserved characters mean the same where they are escaped. A part of the path must not lead out of its place.
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(path.replace(/%2e/gi, '.'))) throw new Error('a part of the path is dots');
  const target = `${path === '' ? '/' : path}${parameters}`;
  if (moved === null) request.rewrite(target);
  else request.rewrite(target, moved);
}

function wayOf(given: Options, tenant: string): Way | null {
  const { strip_prefix: stripped, add_prefix: added, replace_prefix: replaced, path, match, regex, to = '' } = given;
  const { map_back: mapsBack } = given;
  if (stripped !== undefined) return prefixWay(stripped, '', mapsBack);
  if (added !== undefined) return prefixWay('', added, mapsBack);
  if (replaced !== undefined) return prefixWay(replaced.from, replaced.to, mapsBack);
  if (path !== undefined) {
    const { fill } = compileTemplate({ source: path.source.replace(/[^\0-\x7f]+/g, encodeURIComponent) }, tenant);
    return (target, request) => ({ ...target, path: encodePath(fill(request)) });
  }
  if (match !== undefined) {
    const parsed = valueOf(parsePathPattern(match));
    return (target) => withResult(target, to, parsed.match(target.path));
  }
  if (regex === undefined) return null;
  const compiled = valueOf(compileExpression(regex));
  return (target) => withResult(target, to, groupsOf(compiled, target.path));
}

function prefixWay(from: string, to: string, mapsBack: boolean): Way {
  return (target, { moved }) => {
    const rest = withoutPrefix(target.path, from);
    if (rest === null) return null;
    const path = to !== '' && rest === '/' && target.path === from ? to : `${to}${rest}`;
    const without = movedWithout({ ...moved, mapsBack: moved.mapsBack && mapsBack }, from);
    return { ...target, path, moved: movedWith(without, to) };
  };
}

function groupsOf({ find, names }: LinearExpression, path: string): Readonly<Record<string, string>> | null {
  const groups = find(path);
  if (groups === null) return null;
  const numbered = groups.map((value, group) => [String(group), value] as const);
  const named = Object.entries(names).map(([name, group]) => [name, groups[group] ?? ''] as const);
  return Object.fromEntries([...numbered, ...named]);
}

function withResult(target: Target, to: string, captured: Readonly<Record<string, string>> | null): Target | null {
  if (captured === null) return null;
  const { path, query: own } = splitTarget(fillResult(to, captured));
  const both = own === '' || target.query === '' ? own + target.query : `${own}&${target.query.slice(1)}`;
  return { ...target, path: path.replace(/^\/+/, '/'), query: both };
}

type QueryChange = (target: Target, request: PolicyRequest) => Target;

function queryChange({ set = {}, remove = [] }: NonNullable<Options['query']>, tenant: string): QueryChange {
  const values = Object.entries(set).map(([name, source]) => ({ name, ...compileTemplate(source, tenant) }));
  const names: ReadonlySet<string> = new Set([...remove, ...values.map(({ name }) => name)]);
  const beginnings = remove.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  const isMeant = (name: string) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
  return (target, request) => {
    const kept = withoutParameters(parametersOf(target.query), isMeant);
    const all = [...kept, ...values.map(({ name, fill }) => parameter(name, fill(request)))];
    return { ...target, query: all.length === 0 ? '' : `?${all.join('&')}` };
  };
}

// A value of a field may have characters that no path has, and what would begin a query.
function encodePath(path: string): string {
  const written = path.replace(
    /[^!-~]|["#<>?\\^`{|}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `/${written.replace(/^\/+/, '')}`;
}
