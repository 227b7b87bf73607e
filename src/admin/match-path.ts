// Paths with named segments.

/** The segment for each `{name}` of the pattern; null: the path does not match. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    const value = decoded(given[at]);
    if (name === undefined ? segment !== given[at] : value === null || value === '') return null;
    if (name !== undefined) parameters[name] = value ?? '';
  }
  return parameters;
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
