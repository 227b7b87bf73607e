// Makes what a backend said fit to be shown: one line, printable, short, and without secrets that the probe had sent.

const MAX_CHARACTERS = 200;
// Shorter texts are not masked: they occur by chance in any answer.
const MIN_SECRET = 6;

/** The beginning of a text; null: it has nothing printable. `secrets` are masked, since a backend may echo a probe. */
export function excerptWithoutSecrets(text: string, secrets: readonly string[]): string | null {
  const line = mask(text, secrets)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line === ''
    ? null
    : Array.from(line.slice(0, 2 * MAX_CHARACTERS))
        .slice(0, MAX_CHARACTERS)
        .join('');
}

/** The text with `***` in place of every secret. */
function mask(text: string, secrets: readonly string[]): string {
  const parts = secrets.filter((secret) => secret.length >= MIN_SECRET);
  // The longest first, since one secret may be a part of another.
  const ordered = parts.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((shown, part) => shown.replaceAll(part, '***'), text);
}
