// What plans say, setting by setting, in the words of the configuration: for people who compare two of them.
import { MASK } from '../core/secrets.ts';
import { type Bytes, type Millis, type Share, formatDuration, formatSize } from '../core/units.ts';
import { fingerprintOf } from './fingerprint.ts';

/** What one setting is. */
export type Fact = {
  /** As the configuration calls it. */
  readonly setting: string;
  /** Its value for people; never a secret. */
  readonly shown: string;
  /** Equal for equal values, also where they are not shown. Never leaves the process. */
  readonly same: string;
  /** Where it is a list, of which people want to know what has come and gone. */
  readonly items?: readonly string[];
};

/** What each field of a plan says. A field that is added to the type has to be added here; null: it follows from others. */
export type Says<T> = { readonly [Key in keyof T]-?: ((plan: T) => readonly Fact[]) | null };

/** The facts of a plan. */
export function factsOf<T>(plan: T, says: Says<T>): readonly Fact[] {
  const all: readonly (((plan: T) => readonly Fact[]) | null)[] = Object.values(says);
  return all.flatMap((tell) => (tell === null ? [] : tell(plan)));
}

export function asText(setting: string, value: string | null): readonly Fact[] {
  const shown = value === null ? 'none' : clipped(value);
  return [{ setting, shown, same: value ?? shown }];
}

export function asCount(setting: string, value: number): readonly Fact[] {
  return asText(setting, Number.isFinite(value) ? String(value) : null);
}

export function asTime(setting: string, value: Millis | null): readonly Fact[] {
  return asText(setting, value === null || !Number.isFinite(value) ? null : formatDuration(value));
}

export function asSize(setting: string, value: Bytes): readonly Fact[] {
  return asText(setting, formatSize(value));
}

export function asShare(setting: string, value: Share | null): readonly Fact[] {
  return asText(setting, value === null ? null : `${Math.round(value * 1e4) / 100}%`);
}

export function asFlag(setting: string, value: boolean): readonly Fact[] {
  return asText(setting, String(value));
}

export function asList(setting: string, values: Iterable<string | number> | null): readonly Fact[] {
  if (values === null) return asText(setting, null);
  const items = Array.from(values, String);
  const same = items.join(', ');
  return [{ setting, shown: items.length === 0 ? 'none' : clipped(same), same, items }];
}

/** A value that is not shown: that it differs is all that is told. */
export function asSecret(setting: string, value: string | null): readonly Fact[] {
  return [{ setting, shown: value === null ? 'none' : MASK, same: value ?? 'none' }];
}

/** A value of many parts, of which only a word is shown. */
export function asWhole(setting: string, shown: string, value: unknown): readonly Fact[] {
  return [{ setting, shown, same: fingerprintOf(value) }];
}

// Values come from configuration files and go to terminals and logs.
const LONGEST = 60;

function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
