// What a backend said, made fit to be shown: one line, printable, short, and without the secrets that it was sent.

const MAX_CHARACTERS = 200;
// Shorter ones stand in every other text, and are no secrets.
const MIN_SECRET = 6;

/** The beginning of a text; null where nothing printable is in it. `secrets`: what a backend may only have echoed. */
export function excerptOf(text: string, secrets: readonly string[]): string | null {
  const line = conceal(text, secrets)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line === ''
    ? null
    : Array.from(line.slice(0, 2 * MAX_CHARACTERS))
        .slice(0, MAX_CHARACTERS)
        .join('');
}

/** The text with `***` for every secret. */
function conceal(text: string, secrets: readonly string[]): string {
  const parts = secrets.filter((secret) => secret.length >= MIN_SECRET);
  // The longest first: a part of one secret may be a whole other one.
  const ordered = parts.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((shown, part) => shown.replaceAll(part, '***'), text);
}
