// Units as types, and the texts that stand for them in configuration: `250ms`, `64KiB`, `20%`.

declare const unit: unique symbol;

/** A length of time in milliseconds. */
export type Millis = number & { readonly [unit]: 'ms' };
/** A size in bytes; `Infinity` for "no limit". */
export type Bytes = number & { readonly [unit]: 'bytes' };
/** A part of a whole, from 0 to 1. */
export type Share = number & { readonly [unit]: 'share' };

export function millis(value: number): Millis {
  return value as Millis;
}

export function bytes(value: number): Bytes {
  return value as Bytes;
}

export function share(value: number): Share {
  return value as Share;
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
};

/** Reads a duration: `15` or `"15"` (seconds, as in the original), or with a unit: `250ms`, `15s`, `2m`, `1h`, `1d`. Null: not one. */
export function parseDuration(text: string | number): Millis | null {
  const parsed = typeof text === 'number' ? { amount: text, unit: 's' } : split(text, 's');
  return parsed === null ? null : (scale(parsed, DURATION_UNITS) as Millis | null);
}

/** Reads a size: a number of bytes, or with a unit: `512B`, `32KiB`, `1MiB`, `10MB`. Null: not one. */
export function parseSize(text: string | number): Bytes | null {
  const parsed = typeof text === 'number' ? { amount: text, unit: 'B' } : split(text, 'B');
  const size = parsed === null ? null : scale(parsed, SIZE_UNITS);
  return size === null || !Number.isInteger(size) ? null : bytes(size);
}

/** Reads a share: `20%` or `0.2`. Null: not one, or outside 0 to 100 %. */
export function parseShare(text: string | number): Share | null {
  const parsed = typeof text === 'number' ? { amount: text, unit: '' } : split(text, '');
  const value = parsed === null ? null : scale(parsed, { '': 1, '%': 0.01 });
  return value === null || value > 1 ? null : share(value);
}

/** The shortest exact text of a duration, in the form that the configuration accepts. */
export function formatDuration(duration: Millis): string {
  if (duration % 1000 !== 0 || duration === 0) return `${duration}ms`;
  for (const name of ['d', 'h', 'm'] as const) {
    const factor = DURATION_UNITS[name] ?? 1;
    if (duration % factor === 0) return `${duration / factor}${name}`;
  }
  return `${duration / 1000}s`;
}

/** The shortest exact text of a size, in the form that the configuration accepts. */
export function formatSize(size: Bytes): string {
  if (size === Number.POSITIVE_INFINITY) return 'none';
  for (const name of ['GiB', 'MiB', 'KiB'] as const) {
    const factor = SIZE_UNITS[name] ?? 1;
    if (size > 0 && size % factor === 0) return `${size / factor}${name}`;
  }
  return `${size}B`;
}

type Quantity = { readonly amount: number; readonly unit: string };

function split(text: string, defaultUnit: string): Quantity | null {
  const match = /^(\d+(?:\.\d+)?) *([A-Za-z%]*)$/.exec(text.trim());
  if (match === null) return null;
  return { amount: Number(match[1]), unit: match[2] === '' || match[2] === undefined ? defaultUnit : match[2] };
}

function scale(quantity: Quantity, units: Readonly<Record<string, number>>): number | null {
  const factor = Object.hasOwn(units, quantity.unit) ? units[quantity.unit] : undefined;
  if (factor === undefined || !Number.isFinite(quantity.amount) || quantity.amount < 0) return null;
  const product = quantity.amount * factor;
  // 1.1 × 1000 is a little more than 1100 and needs rounding; whole numbers do not, and large ones would change by it.
  const value = Number.isInteger(product) ? product : Math.round(product * 1e6) / 1e6;
  return Number.isSafeInteger(Math.round(value)) ? value : null;
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
