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
  if (secrets.length === 0) return text;
  const parts = secrets.filter((secret) => secret.length >= MIN_SECRET);
  // The longest first, since one secret may be a part of another.
  const ordered = parts.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((shown, part) => shown.replaceAll(part, MASK), text);
}
