// "Did you mean …?" for quantities: what people write for units elsewhere, in the form that the configuration takes.
import { parseShare } from './units.ts';

type Spelling = { readonly words: RegExp; readonly unit: string };

const DURATIONS: readonly Spelling[] = [
  { words: /^(ms|msecs?|millis|milliseconds?)$/i, unit: 'ms' },
  { words: /^(s|secs?|seconds?)$/i, unit: 's' },
  { words: /^(m|mins?|minutes?)$/i, unit: 'm' },
  { words: /^(h|hrs?|hours?)$/i, unit: 'h' },
  { words: /^(d|days?)$/i, unit: 'd' },
];

// A letter alone is a power of 1024 in nginx, HAProxy and Apache.
const SIZES: readonly Spelling[] = [
  { words: /^(b|bytes?)$/i, unit: 'B' },
  { words: /^(k|ki|kib|kibibytes?)$/i, unit: 'KiB' },
  { words: /^(m|mi|mib|mebibytes?)$/i, unit: 'MiB' },
  { words: /^(g|gi|gib|gibibytes?)$/i, unit: 'GiB' },
  { words: /^(kb|kilobytes?)$/i, unit: 'KB' },
  { words: /^(mb|megabytes?)$/i, unit: 'MB' },
  { words: /^(gb|gigabytes?)$/i, unit: 'GB' },
];

/** `5sec` is `5s`, `1w` is `7d`. Null: nothing like a duration. */
export function nearestDuration(text: string): string | null {
  const week = /^(\d{1,3}) *(w|weeks?)$/i.exec(text.trim());
  if (week !== null) return `${Number(week[1]) * 7}d`;
  return respelled(text, DURATIONS);
}

/** `10m` is `10MiB`, `10 megabytes` is `10MB`. Null: nothing like a size. */
export function nearestSize(text: string): string | null {
  return respelled(text, SIZES);
}

/** `20` is `20%`. Null: nothing like a share. */
export function nearestShare(text: string): string | null {
  const better = `${/^\d+(\.\d+)?/.exec(text.trim())?.[0] ?? ''}%`;
  return /^\d+(\.\d+)? *(%|percent|per cent)?$/i.test(text.trim()) && parseShare(better) !== null ? better : null;
}

function respelled(text: string, spellings: readonly Spelling[]): string | null {
  const [, amount = '', word = ''] = /^(\d+(?:\.\d+)?)[ _]*([A-Za-z]+)$/.exec(text.trim()) ?? [];
  const unit = spellings.find(({ words }) => words.test(word))?.unit;
  return unit === undefined || `${amount}${unit}` === text ? null : `${amount}${unit}`;
}
