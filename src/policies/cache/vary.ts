// Which fields of a request an answer depends on, and whether another request has the same.

/** What a request says in a field; null: nothing. */
export type FieldOf = (name: string) => string | null;

export type VariedField = { readonly name: string; readonly value: string };

/** The fields that an answer depends on, as its request has them. What is in a coding depends on Accept-Encoding, whether it says
 * so or not. */
export function variedFields(vary: string | null, isCoded: boolean, field: FieldOf): readonly VariedField[] {
  const names = (vary ?? '').split(',').map((name) => name.trim().toLowerCase());
  const wanted = new Set([...names.filter((name) => name !== ''), ...(isCoded ? ['accept-encoding'] : [])]);
  return [...wanted].toSorted().map((name) => ({ name, value: normalised(name, field(name)) }));
}

/** The request has the same in all of these fields. */
export function isVariantFor(varied: readonly VariedField[], field: FieldOf): boolean {
  for (const { name, value } of varied) if (normalised(name, field(name)) !== value) return false;
  return true;
}

// RFC 9111 4.1: white space, the order of codings and the case of languages make no difference.
function normalised(name: string, value: string | null): string {
  if (value === null) return '';
  if (name === 'accept-encoding') return codingsIn(value);
  const text = name === 'accept-language' ? value.toLowerCase() : value;
  // With something in front of it, so that an empty field differs from none.
  return `=${text
    .split(',')
    .map((part) => part.trim())
    .join(',')}`;
}

function codingsIn(value: string): string {
  const codings = value
    .toLowerCase()
    .split(',')
    .map((part) => part.replaceAll(/\s/g, ''))
    .filter((part) => part !== '' && !/;q=0(?:\.0*)?$/.test(part))
    .map((part) => part.replace(/;q=.*$/, ''));
  return [...new Set(codings)].toSorted().join(',');
}
