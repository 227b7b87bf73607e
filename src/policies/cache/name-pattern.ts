// Names of parameters and cookies in a configuration: whole, or with `*` at the end for all that begin so.

export type NamePattern = { readonly text: string; readonly isStart: boolean };

const NAME = /^[^\s=;&#*]+\*?$/;

/** Null: it is no list of such names. */
export function namePatterns(given: unknown): readonly NamePattern[] | null {
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const names = list.filter((name): name is string => typeof name === 'string' && NAME.test(name));
  return names.length === 0 || names.length !== list.length ? null : names.map(namePattern);
}

export function namePattern(name: string): NamePattern {
  return name.endsWith('*') ? { text: name.slice(0, -1), isStart: true } : { text: name, isStart: false };
}

export function isNamePattern(name: string): boolean {
  return NAME.test(name);
}

export function matchesName(patterns: readonly NamePattern[], name: string): boolean {
  for (const { text, isStart } of patterns) if (isStart ? name.startsWith(text) : name === text) return true;
  return false;
}
