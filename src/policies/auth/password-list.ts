// Users and their passwords as a configuration or a file of htpasswd has them: never the passwords themselves, but hashes that are
// dear to compute.
import { type Result, err, ok } from '../../core/result.ts';

export type KnownUser = { readonly name: string; readonly hash: string };

// A configuration must not be able to keep all cores busy with one password.
const MOST_ROUNDS = 15;
const MOST_MEMORY_KIB = 1024 * 1024;
const MOST_PASSES = 64;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=\d{1,3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/;
const HOW = '"htpasswd -nB NAME" makes one of bcrypt';

/** A hash that can be verified. The error says what is wrong, and does not repeat the text. */
export function parsePasswordHash(text: string): Result<string, string> {
  const [, rounds] = BCRYPT.exec(text) ?? [];
  if (rounds !== undefined) {
    if (Number(rounds) < 4) return err('the hash is of fewer than 4 rounds of bcrypt');
    return Number(rounds) > MOST_ROUNDS ? err(`the hash is of more than ${MOST_ROUNDS} rounds of bcrypt`) : ok(text);
  }
  const [, memory, passes] = ARGON2.exec(text) ?? [];
  if (memory !== undefined && passes !== undefined)
    return Number(memory) > MOST_MEMORY_KIB || Number(passes) > MOST_PASSES
      ? err('the hash takes more than 1 GiB or 64 passes of argon2')
      : ok(text);
  return err(whyNot(text));
}

/** Why a user cannot have that name; the error does not repeat it. */
export function parseUserName(text: string): Result<string, string> {
  if (text === '' || text.length > 255) return err('the name has not 1 to 255 characters');
  return !/[:\p{Cc}]/u.test(text) ? ok(text) : err('the name has a colon or a control character');
}

/** A file as htpasswd writes it: `name:hash` in each line. */
export function parsePasswordFile(text: string): Result<readonly KnownUser[], string> {
  const users: KnownUser[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.trim();
    if (words === '' || words.startsWith('#')) continue;
    const colon = words.indexOf(':');
    if (colon < 0) return err(`line ${at + 1}: there is no colon between name and hash`);
    const name = parseUserName(words.slice(0, colon));
    if (!name.ok) return err(`line ${at + 1}: ${name.error}`);
    const hash = parsePasswordHash(words.slice(colon + 1));
    if (!hash.ok) return err(`line ${at + 1}: ${hash.error}`);
    users.push({ name: name.value, hash: hash.value });
  }
  const problem = twice(users);
  return problem === null ? ok(users) : err(problem);
}

/** Names must be unique. Null: they are. */
export function twice(users: readonly Pick<KnownUser, 'name'>[]): string | null {
  const seen = new Set<string>();
  for (const { name } of users) {
    if (seen.has(name)) return `the user ${name} is there twice`;
    seen.add(name);
  }
  return null;
}

function whyNot(text: string): string {
  if (text.startsWith('$apr1$')) return `the hash is of the kind apr1, which is too easy to guess; ${HOW}`;
  if (/^\{SHA\}/i.test(text)) return `the hash is of the kind SHA1, which is too easy to guess; ${HOW}`;
  if (/^\$[156]\$/.test(text)) return `the hash is one of crypt, which is not known here; ${HOW}`;
  return `this is no hash of bcrypt or argon2; ${HOW}`;
}
