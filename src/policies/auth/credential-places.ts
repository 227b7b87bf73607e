// Where a request shows who sends it: in a header field, a cookie, or a parameter of the query. What is found there is taken out
// of what goes on to backends, unless it is to be passed on.
import { err, ok } from '../../core/result.ts';
import { text } from '../../core/settings.ts';
import { latin1 } from '../../message/bytes.ts';
import { type Edit, requestEdit } from '../../message/edits.ts';
import { isNamed } from '../../message/field-value.ts';
import type { PolicyRequest } from '../contract.ts';

/** A place as a configuration names it. `scheme`: the word before a credential, in lower case; null: there is none. */
export type CredentialPlace =
  | { readonly kind: 'header'; readonly name: string; readonly scheme: string | null }
  | { readonly kind: 'cookie' | 'query'; readonly name: string };

const PLACE =
  /^(?:(header):([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: ([A-Za-z][A-Za-z0-9-]*))?|(cookie|query):([!#$%&'*+.^_`|~0-9A-Za-z-]+))$/;

/** A place. */
export const credentialPlace = text<CredentialPlace>({
  type: 'place',
  expected: '"header:NAME", "header:Authorization SCHEME", "cookie:NAME" or "query:NAME"',
  pattern: PLACE.source,
  parse(value) {
    const [, header, field = '', scheme, kind, name = ''] = PLACE.exec(value) ?? [];
    if (header !== undefined)
      return ok({ kind: 'header', name: field.toLowerCase(), scheme: scheme?.toLowerCase() ?? null });
    if (kind === 'cookie' || kind === 'query') return ok({ kind, name });
    return err({ message: '{value} is no place of a request' });
  },
});

/** The places where one policy looks. */
export class CredentialPlaces {
  private readonly places: readonly Place[];

  constructor(places: readonly CredentialPlace[]) {
    this.places = places.map((place) => (place.kind === 'header' ? new HeaderPlace(place) : new NamedPlace(place)));
  }

  /** All credentials, each once. One that is empty counts: somebody has tried. */
  credentialsIn(request: PolicyRequest): readonly string[] {
    const found: string[] = [];
    for (const place of this.places)
      for (const credential of place.credentialsIn(request)) if (!found.includes(credential)) found.push(credential);
    return found;
  }

  /** What goes on to backends has no credential in these places. */
  withhold(request: PolicyRequest): void {
    for (const place of this.places) place.withhold(request);
  }
}

interface Place {
  credentialsIn(request: PolicyRequest): readonly string[];
  withhold(request: PolicyRequest): void;
}

class HeaderPlace implements Place {
  private readonly name: string;
  private readonly scheme: string | null;
  private readonly removal: Edit<'request'>;

  constructor({ name, scheme }: Extract<CredentialPlace, { readonly kind: 'header' }>) {
    this.name = name;
    this.scheme = scheme;
    this.removal = requestEdit.remove(name);
  }

  credentialsIn(request: PolicyRequest): readonly string[] {
    const lines = linesOf(request, this.name);
    const { scheme } = this;
    return scheme === null ? lines : lines.flatMap((line) => afterScheme(line, scheme) ?? []);
  }

  withhold(request: PolicyRequest): void {
    if (this.credentialsIn(request).length > 0) request.requestEdits.add(this.removal);
  }
}

class NamedPlace implements Place {
  constructor(private readonly place: Exclude<CredentialPlace, { readonly kind: 'header' }>) {}

  credentialsIn(request: PolicyRequest): readonly string[] {
    const { kind, name } = this.place;
    if (kind === 'query') return valuesOf(parametersOf(request.query), name);
    return valuesOf(cookiesOf(linesOf(request, 'cookie')), name).map((value) => value.replace(/^"(.*)"$/, '$1'));
  }

  withhold(request: PolicyRequest): void {
    const { kind, name } = this.place;
    if (kind === 'query') withholdParameter(request, name);
    else withholdCookie(request, name);
  }
}

type Pairs = readonly (readonly [name: string, value: string])[];

function valuesOf(pairs: Pairs, name: string): readonly string[] {
  return pairs.filter(([one]) => one === name).map(([, value]) => value);
}

// Longer lines cannot be written.
const LONGEST_LINE = 8 * 1024;

function withholdCookie(request: PolicyRequest, name: string): void {
  const { requestEdits: edits } = request;
  const all = cookiesOf(cookieLines(request));
  const kept = all.filter(([one]) => one !== name);
  if (kept.length === all.length) return;
  edits.add(requestEdit.remove('Cookie'));
  let line = '';
  for (const pair of kept.map((one) => one.join('=')).filter(({ length }) => length <= LONGEST_LINE)) {
    if (line !== '' && line.length + 2 + pair.length > LONGEST_LINE) {
      edits.add(requestEdit.append('Cookie', line));
      line = '';
    }
    line += line === '' ? pair : `; ${pair}`;
  }
  if (line !== '') edits.add(requestEdit.append('Cookie', line));
}

// As the policies before have left them.
function cookieLines(request: PolicyRequest): readonly string[] {
  const { requestEdits: edits } = request;
  if (!edits.removesNamed('cookie')) return linesOf(request, 'cookie');
  return Array.from({ length: edits.additions }, (_, at) => edits.addition(at))
    .filter(({ loweredName }) => latin1(loweredName, 0, loweredName.length) === 'cookie')
    .map(({ value }) => latin1(value, 0, value.length));
}

function withholdParameter(request: PolicyRequest, name: string): void {
  const { target } = request;
  const mark = target.indexOf('?');
  if (mark < 0) return;
  const parts = target.slice(mark + 1).split('&');
  const kept = parts.filter((part) => decoded(part.split('=', 1)[0] ?? '') !== name);
  if (kept.length === parts.length) return;
  const query = kept.join('&');
  request.rewrite(target.slice(0, mark) + (query === '' ? '' : `?${query}`));
}

/** The values of all fields of that name (lower-case), each for itself. */
export function linesOf(request: PolicyRequest, name: string): readonly string[] {
  const { head } = request;
  const lines: string[] = [];
  for (let f = 0; f < head.count; f++)
    if (isNamed(head, f, name)) lines.push(latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]));
  return lines;
}

// Null: the line has another scheme.
function afterScheme(line: string, scheme: string): string | null {
  const { length } = scheme;
  if (line.slice(0, length).toLowerCase() !== scheme) return null;
  const rest = line.slice(length).trimStart();
  // One space at least, or nothing at all.
  return rest.length === line.length - length && rest !== '' ? null : rest;
}

function cookiesOf(lines: readonly string[]): Pairs {
  return lines
    .flatMap((line) => line.split(';'))
    .map((pair): readonly [string, string] => {
      const sign = pair.indexOf('=');
      return sign < 0 ? [pair.trim(), ''] : [pair.slice(0, sign).trim(), pair.slice(sign + 1).trim()];
    })
    .filter(([name]) => name !== '');
}

function parametersOf(query: string): Pairs {
  if (query.length < 2) return [];
  return query
    .slice(1)
    .split('&')
    .map((part) => {
      const sign = part.indexOf('=');
      return sign < 0 ? [decoded(part), ''] : [decoded(part.slice(0, sign)), decoded(part.slice(sign + 1))];
    });
}

// What is not encoded well stands for itself.
function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
}
