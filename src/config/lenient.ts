// Reads single values of a configuration leniently: what is invalid by itself is reported elsewhere.
import type { z } from 'zod';
import type { Path } from './problems.ts';

/** A value and its place. */
export type Placed<T> = { readonly path: Path; readonly value: T };

/** A value somewhere below `from`, if it is there and valid. `above`: where `from` is. */
export function read<T extends z.ZodType>(
  schema: T,
  from: unknown,
  path: Path,
  above: Path = [],
): Placed<z.output<T>> | null {
  let value = from;
  for (const part of path) value = step(value, part);
  const parsed = schema.safeParse(value);
  return parsed.success ? { path: [...above, ...path], value: parsed.data } : null;
}

/** Whether a key has a value. An empty text counts as none, as in the original. */
export function given(map: unknown, key: string): boolean {
  const value = step(map, key);
  return value !== undefined && value !== '';
}

export function step(value: unknown, part: string | number): unknown {
  if (typeof part === 'number') return Array.isArray(value) ? value[part] : undefined;
  return isMap(value) ? value[part] : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isListOrAbsent(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type Listed = { readonly valid: readonly Placed<string>[]; readonly isBroken: boolean };

// A list, or one item in its place.
export function listed(item: z.ZodType<string>, tenant: unknown, key: string, above: Path): Listed {
  if (!given(tenant, key)) return { valid: [], isBroken: false };
  const value = step(tenant, key);
  const at = [...above, key];
  const items = Array.isArray(value) ? value : [value];
  const valid = items.flatMap((_, n) => read(item, items, [n], at) ?? []);
  return { valid, isBroken: valid.length < items.length };
}
