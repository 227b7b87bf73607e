// Which parameters of a query tell answers apart. Those that do not are kept from the backend as well: what it sees of them
// would otherwise be in the answer that everybody gets.
import { type Result, err, ok } from '../../core/result.ts';
import { setting } from '../../core/settings.ts';
import { type NamePattern, matchesName, namePatterns } from './name-pattern.ts';

/** `only` and `without`: names of parameters. */
export type QueryKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'only' | 'without'; readonly names: readonly NamePattern[] };

const FORMS = 'all, none, { only: [NAME] } or { without: [NAME] }, with names such as page or utm_*';
const LIST = { type: 'array', items: { type: 'string' }, minItems: 1 };

type Given = 'all' | 'none' | { readonly only: readonly string[] } | { readonly without: readonly string[] };

export const queryKey = setting<Given, QueryKey>({
  type: 'all, none, or a map of `only` or `without` to a list of names',
  expected: FORMS,
  json: {
    anyOf: [
      { enum: ['all', 'none'] },
      { type: 'object', properties: { only: LIST }, required: ['only'], additionalProperties: false },
      { type: 'object', properties: { without: LIST }, required: ['without'], additionalProperties: false },
    ],
  },
  parse(value) {
    if (value === 'all' || value === 'none') return ok({ kind: value });
    const read = typeof value === 'object' && value !== null ? listed(Object.entries(value)) : err('');
    return read.ok ? read : err({ message: '{value} is not known' });
  },
});

function listed(entries: readonly (readonly [string, unknown])[]): Result<QueryKey, string> {
  const [[kind, given] = ['', null], ...more] = entries;
  if ((kind !== 'only' && kind !== 'without') || more.length > 0) return err('');
  const names = namePatterns(given);
  return names === null ? err('') : ok({ kind, names });
}

/** What is left of a query, which has its `?` unless it is empty. */
export function keptQuery(query: string, key: QueryKey): string {
  if (query === '' || key.kind === 'all') return query;
  if (key.kind === 'none') return '';
  const { kind, names } = key;
  const isKept = (pair: string): boolean => matchesName(names, nameOf(pair)) === (kind === 'only');
  const kept = query.slice(1).split('&').filter(isKept);
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

// A name may be written in many ways; the backend reads all of them as one.
function nameOf(pair: string): string {
  const end = pair.indexOf('=');
  const name = (end < 0 ? pair : pair.slice(0, end)).replaceAll('+', ' ');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
