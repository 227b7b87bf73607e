// Changes of a query, parameter by parameter. What is not changed stays as it was written.

/** The parameters of a query, which begins with `?` or is empty. */
export function parametersOf(query: string): readonly string[] {
  return query.length < 2 ? [] : query.slice(1).split('&');
}

/** Parameters but for those of these names. */
export function withoutParameters(
  parameters: readonly string[],
  isMeant: (name: string) => boolean,
): readonly string[] {
  return parameters.filter((one) => !isMeant(nameOf(one)));
}

/** A parameter as it is written. */
export function parameter(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

// As people write it.
function nameOf(written: string): string {
  const [name = ''] = written.split('=', 1);
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
