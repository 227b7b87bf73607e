// Lists of policies: sets that are used must be there, and names are unique.
import { nearest } from '../core/near-miss.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import type { PolicyEntry } from './policies.ts';
import type { Config } from './schema.ts';

/** All that is wrong with lists of policies beside each policy itself. */
export function checkPolicies(config: Config): readonly Finding[] {
  const sets = Object.keys(config.policy_sets);
  return [
    ...Object.entries(config.policy_sets).flatMap(([name, entries]) => {
      const path = ['policy_sets', name];
      return [...checkNames(entries, path), ...entries.flatMap((entry, at) => checkNesting(entry, [...path, at]))];
    }),
    ...config.tenants.flatMap(({ policies, routes }, tenant) => [
      ...checkList(policies, ['tenants', tenant, 'policies'], sets),
      ...routes.flatMap((route, at) => checkList(route.policies, ['tenants', tenant, 'routes', at, 'policies'], sets)),
    ]),
  ];
}

function checkList(entries: readonly PolicyEntry[], path: Path, sets: readonly string[]): readonly Finding[] {
  return [...checkNames(entries, path), ...entries.flatMap((entry, at) => checkUse(entry, [...path, at], sets))];
}

function checkNesting({ use }: PolicyEntry, path: Path): readonly Finding[] {
  if (use === undefined) return [];
  return [{ path: [...path, 'use'], isKey: true, message: 'a set uses no other sets', expected: 'policies alone' }];
}

function checkUse({ use }: PolicyEntry, path: Path, sets: readonly string[]): readonly Finding[] {
  if (use === undefined || sets.includes(use)) return [];
  const expected =
    sets.length === 0 ? 'a set with this name in "policy_sets" at the top level' : `one of ${sets.join(', ')}`;
  const suggest = (text: string): string | null => nearest(text, sets);
  return [{ path: [...path, 'use'], message: 'no set has the name {value}', expected, suggest }];
}

function checkNames(entries: readonly PolicyEntry[], path: Path): readonly Finding[] {
  const seen = new Set<string>();
  return entries.flatMap(({ name }, at): readonly Finding[] => {
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    return [{ path: [...path, at, 'name'], message: 'the name {value} is taken by another policy of the list' }];
  });
}
