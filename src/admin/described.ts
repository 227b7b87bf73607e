// What endpoints say of what goes in and comes out.
import type { z } from 'zod';
import type { Described } from './contract.ts';

/** The schema, which may have to be made first. */
export async function schemaOf<Schema extends z.ZodType>(described: Described<Schema>): Promise<Schema> {
  return typeof described === 'function' ? await described() : described;
}
