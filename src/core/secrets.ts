// Secrets in texts that are shown: `***` stands for them.

export const MASK = '***';

// Shorter texts are not looked for: they occur by chance in any text.
const MIN_SECRET = 6;

/** Names of fields, cookies and parameters whose values are secrets, as a rule. */
const SECRET_NAME = /auth|cookie|credential|csrf|jwt|key|passw|secret|session|sign|token/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The text with `***` in place of every secret. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets.length === 0 ? text : maskerOf(secrets)(text);
}

/** The same for several texts: a large configuration has ten thousands of secrets, which are looked at once. */
export function maskerOf(secrets: readonly string[]): (text: string) => string {
  const known = new Set(secrets.filter((secret) => secret.length >= MIN_SECRET));
  // The lengths of those that begin alike, the longest first, since one secret may be a part of another.
  const beginnings = new Map<string, number[]>();
  for (const secret of [...known].toSorted((one, other) => other.length - one.length)) {
    const beginning = secret.slice(0, MIN_SECRET);
    const lengths = beginnings.get(beginning);
    if (lengths === undefined) beginnings.set(beginning, [secret.length]);
    else if (lengths.at(-1) !== secret.length) lengths.push(secret.length);
  }
  return (text) => (beginnings.size === 0 ? text : masked(text, (at) => longestAt(text, at, { known, beginnings })));
}

type Known = { readonly known: ReadonlySet<string>; readonly beginnings: ReadonlyMap<string, readonly number[]> };

// Where the longest secret ends that begins there; 0: none does.
function longestAt(text: string, at: number, { known, beginnings }: Known): number {
  const lengths = beginnings.get(text.slice(at, at + MIN_SECRET)) ?? [];
  for (const length of lengths) if (known.has(text.slice(at, at + length))) return at + length;
  return 0;
}

// Secrets that overlap are hidden together: what is left of one of them could tell it.
function masked(text: string, endOf: (at: number) => number): string {
  let shown = '';
  let told = 0;
  let hiddenTo = 0;
  for (let at = 0; at + MIN_SECRET <= text.length; at++) {
    const end = endOf(at);
    if (end <= hiddenTo) continue;
    if (at >= hiddenTo) shown += `${text.slice(told, at)}${MASK}`;
    hiddenTo = end;
    told = end;
  }
  return shown + text.slice(told);
}
