// An answer that is kept.
import type { Millis } from '../../core/units.ts';
import type { CodedBodies } from '../../message/local-response.ts';
import { type Assessment, type Field, valueIn } from './freshness.ts';
import type { Stamp } from './invalidation.ts';
import type { VariedField } from './vary.ts';

type Stored = Extract<Assessment, { readonly kind: 'store' }>;

/** What an answer is made of. */
export type Made = {
  readonly key: string;
  readonly status: number;
  /** As they are sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly varied: readonly VariedField[];
  readonly stored: Stored;
  readonly stamp: Stamp;
  /** When it came. */
  readonly at: Millis;
};

// What an entry takes besides its texts and its body.
const OVERHEAD = 1024;

export class Entry implements CodedBodies {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly date: string | null;
  /** In bytes, with all that belongs to it. */
  size: number;
  private coded: Map<string, Uint8Array> | null = null;

  constructor(
    readonly made: Made,
    /** True: there is room for so many bytes more. */
    private readonly mayGrow: (entry: Entry, by: number) => boolean,
  ) {
    const lowered = loweredFields(made.fields);
    this.etag = valueIn(lowered, 'etag');
    this.lastModified = valueIn(lowered, 'last-modified');
    this.date = valueIn(lowered, 'date');
    this.size = sizeOf(made);
  }

  get hasValidator(): boolean {
    return this.etag !== null || this.lastModified !== null;
  }

  age(now: Millis): number {
    return this.made.stored.age + now - this.made.at;
  }

  /** How long it is still fresh; negative: how long it has not been. */
  ttl(now: Millis): number {
    return this.made.stored.lifetime - this.age(now);
  }

  get(coding: string): Uint8Array | undefined {
    return this.coded?.get(coding);
  }

  set(coding: string, body: Uint8Array): void {
    if (this.coded?.has(coding) === true || !this.mayGrow(this, body.length)) return;
    this.size += body.length;
    this.coded ??= new Map();
    this.coded.set(coding, body);
  }
}

export function sizeOf({ key, fields, body, varied }: Pick<Made, 'key' | 'fields' | 'body' | 'varied'>): number {
  const texts = [...fields, ...varied.map(({ name, value }) => [name, value] as const)];
  return (
    OVERHEAD + key.length + body.length + texts.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  );
}

export function loweredFields(fields: Made['fields']): readonly Field[] {
  return fields.map(([name, value]) => [name.toLowerCase(), value]);
}
