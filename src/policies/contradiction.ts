// What is wrong with options of a policy that do not go together.
import type { z } from 'zod';

type Contradiction = {
  /** The option; absent: all of them. */
  readonly at?: string;
  readonly message: string;
  readonly expected: string;
};

/** Reports it, for a `superRefine` of options. */
export function contradict<T extends object>(
  options: T,
  context: z.core.$RefinementCtx<T>,
  { at, message, expected }: Contradiction,
): void {
  const input: unknown = at === undefined ? options : Reflect.get(options, at);
  context.issues.push({ code: 'custom', input, path: at === undefined ? [] : [at], params: { message, expected } });
}
