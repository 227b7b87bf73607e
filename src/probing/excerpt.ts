// Makes what a backend said fit to be shown: one line, printable, short, and without secrets that the probe had sent.
import { maskSecrets } from '../core/secrets.ts';

const MAX_CHARACTERS = 200;

/** The beginning of a text; null: it has nothing printable. `secrets` are masked, since a backend may echo a probe. */
export function excerptWithoutSecrets(text: string, secrets: readonly string[]): string | null {
  const line = maskSecrets(text, secrets)
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return line === ''
    ? null
    : Array.from(line.slice(0, 2 * MAX_CHARACTERS))
        .slice(0, MAX_CHARACTERS)
        .join('');
}
