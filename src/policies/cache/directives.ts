// Cache-Control and what else a message says of its storage, read strictly: where two readings are possible, the one that stores
// less is taken.

/** The value of a directive; true: it has none. Names are in lower case. */
export type Directives = ReadonlyMap<string, string | true>;

const DIRECTIVE = /\s*([^\s=,"]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?\s*(?:,|$)/gy;
/** RFC 9111 1.2.2: whoever cannot hold a larger number takes this one. */
const LONGEST_SECONDS = 2 ** 31;

const NONE: Directives = new Map();

/** Reads a list of directives; null: there is no such field. Of one that comes twice with different values the smaller counts
 * (RFC 9111 4.2.1 has it that, or that the answer is stale). */
export function directivesOf(text: string | null): Directives {
  if (text === null) return NONE;
  const found = new Map<string, string | true>();
  for (const part of partsOf(text)) {
    const [name, value] = part;
    const known = found.get(name);
    if (known === undefined || isLess(value, known)) found.set(name, value);
  }
  return found;
}

const SF_VALUE = [
  String.raw`-?\d{1,15}(?:\.\d{1,3})?`,
  String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`,
  String.raw`[A-Za-z*][!#$%&'*+.^_\`|~0-9A-Za-z:/-]*`,
  String.raw`\?[01]`,
].join('|');
const SF_ITEM = `[a-z*][a-z0-9_.*-]*(?:=(?:${SF_VALUE}))?`;
const DICTIONARY = new RegExp(`^ *${SF_ITEM}(?:[ \t]*,[ \t]*${SF_ITEM})* *$`);
const NO_NUMBER = /(?:^|[,\s])(?:max-age|s-maxage)="/;

/** The same for a field that is a dictionary (RFC 9213 2.1, RFC 8941 3.2). One that cannot be read as such is none. */
export function targetedDirectives(text: string | null): Directives {
  return text === null || !DICTIONARY.test(text) || NO_NUMBER.test(text) ? NONE : directivesOf(text);
}

function partsOf(text: string): readonly (readonly [string, string | true])[] {
  const parts: (readonly [string, string | true])[] = [];
  let at = 0;
  while (at < text.length) {
    DIRECTIVE.lastIndex = at;
    const match = DIRECTIVE.exec(text);
    if (match !== null) {
      const [whole, name = '', quoted, plain] = match;
      parts.push([name.toLowerCase(), quoted ?? plain ?? true]);
      at += whole.length;
      continue;
    }
    // What cannot be read is passed over up to the next comma, but a name in front of it counts: `no-store = x` forbids as well.
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    const name = /^[\s,]*([^\s=,"]+)/.exec(text.slice(at, end))?.[1];
    if (name !== undefined) parts.push([name.toLowerCase(), '']);
    at = end + 1;
  }
  return parts;
}

function isLess(value: string | true, known: string | true): boolean {
  return secondsIn(value) < secondsIn(known);
}

function secondsIn(value: string | true | undefined): number {
  return typeof value === 'string' && /^\d+$/.test(value) ? Math.min(Number(value), LONGEST_SECONDS) : 0;
}

/** The seconds that a directive names; 0: they cannot be read, and null: it is not there. */
export function secondsOf(directives: Directives, name: string): number | null {
  const value = directives.get(name);
  return value === undefined ? null : secondsIn(value);
}
