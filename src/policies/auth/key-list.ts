// The keys of clients as a configuration or a file has them: never the keys themselves, but what SHA-256 makes of them. A key has
// so much chance in it that its hash tells nothing; passwords have not.
import { type Result, err, ok } from '../../core/result.ts';

/** One key. */
export type KnownKey = {
  readonly id: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  readonly groups: readonly string[];
  /** In milliseconds since 1970; null: never. */
  readonly expires: number | null;
};

const ID = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;
const GROUP = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const HASH = /^sha256:([0-9a-f]{64})$/i;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** The error says what is wrong, and does not repeat the text. */
export function parseId(text: string): Result<string, string> {
  return ID.test(text) ? ok(text) : err('the id has other characters than A-Z, a-z, 0-9 and ._@-, or more than 128');
}

export function parseGroup(text: string): Result<string, string> {
  return GROUP.test(text)
    ? ok(text)
    : err('the group has other characters than A-Z, a-z, 0-9 and ._:-, or more than 64');
}

/** In hexadecimal. */
export function parseKeyHash(text: string): Result<string, string> {
  const [, hash] = HASH.exec(text) ?? [];
  if (hash !== undefined) return ok(hash.toLowerCase());
  return err('the hash is not "sha256:" with 64 hexadecimal digits; "keystone key create" makes a key with its hash');
}

/** A day begins in UTC. */
export function parseInstant(text: string): Result<number, string> {
  const at = DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) ? ok(at) : err('the time is not one such as 2027-01-31 or 2027-01-31T12:00:00Z');
}

/** A file of keys: in each line an id and a hash, and if need be `groups=a,b` and `expires=2027-01-31`. */
export function parseKeyFile(text: string): Result<readonly KnownKey[], string> {
  const keys: KnownKey[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.trim();
    if (words === '' || words.startsWith('#')) continue;
    const key = parseLine(words.split(/\s+/));
    if (!key.ok) return err(`line ${at + 1}: ${key.error}`);
    keys.push(key.value);
  }
  const problem = problemOf(keys);
  return problem === null ? ok(keys) : err(problem);
}

/** Why these keys cannot stand in one list; null: they can. */
export function problemOf(keys: readonly KnownKey[]): string | null {
  const owners = new Map<string, string>();
  for (const { id, hash } of keys) {
    const other = owners.get(hash);
    if (other !== undefined) return `${other} and ${id} have the same key`;
    owners.set(hash, id);
  }
  return null;
}

function parseLine([idText = '', hashText = '', ...more]: readonly string[]): Result<KnownKey, string> {
  const id = parseId(idText);
  if (!id.ok) return id;
  const hash = parseKeyHash(hashText);
  if (!hash.ok) return hash;
  let groups: readonly string[] = [];
  let expires: number | null = null;
  for (const word of more) {
    const [name, value = ''] = word.split('=', 2);
    if (name === 'groups') groups = value.split(',').filter((group) => group !== '');
    else if (name === 'expires') {
      const at = parseInstant(value);
      if (!at.ok) return at;
      expires = at.value;
    } else return err('there is something else than "groups=" and "expires=" behind the hash');
  }
  const wrong = groups.map(parseGroup).find(({ ok: isRight }) => !isRight);
  if (wrong !== undefined && !wrong.ok) return wrong;
  return ok({ id: id.value, hash: hash.value, groups, expires });
}
