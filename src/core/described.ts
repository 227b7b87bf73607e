// Settings with what people have to know of them: a description, a default, and the reason for the default. The reference is
// generated from these.
import { z } from 'zod';

/** A setting with its description. */
export function described<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ description });
}

/** A setting that may be left out and then has no value. */
export function optional<T extends z.ZodType>(schema: T, description: string): z.ZodExactOptional<T> {
  return z.exactOptional(schema).meta({ description });
}

type Default<T extends z.ZodType> = {
  /** As a file would have it. */
  readonly value: z.input<T>;
  /** Why this is the default. */
  readonly reason: string;
};

/** A setting that may be left out. */
export function defaulted<T extends z.ZodType>(
  schema: T,
  description: string,
  { value, reason }: Default<T>,
): z.ZodDefault<z.ZodPrefault<T>> {
  const complete = z.prefault(schema, value);
  // The default is read once, and shared by all places that leave the setting out: most of ten thousand tenants leave out
  // whole maps of settings, and reading the defaults of each took half of the time of this stage.
  let shared: { readonly output: z.output<T> } | null = null;
  const read = () => {
    shared ??= { output: complete.parse(undefined) };
    return there(shared.output);
  };
  return complete.default(read).meta({ description, 'x-reason': reason });
}

function there<T>(value: T): z.util.NoUndefined<T> {
  if (isThere(value)) return value;
  throw new Error('a default that is nothing');
}

function isThere<T>(value: T): value is T & z.util.NoUndefined<T> {
  return value !== undefined;
}
