// The answers of the admin API about the texts of the configuration, as commands read them; see admin-answers.ts.
import { z } from 'zod';
import { reloadAnswer } from './admin-answers.ts';

const inForce = { etag: z.nullable(z.string()), version: z.nullable(z.number()), read_only: z.nullable(z.string()) };

/** GET /config. */
export const configAnswer = z.looseObject({
  ...inForce,
  strayed: z.array(z.string()),
  files: z.array(z.looseObject({ file: z.string(), text: z.nullable(z.string()), read_only: z.nullable(z.string()) })),
});

const difference = z.looseObject({ file: z.string(), lines: z.string() });

/** GET /config/difference. */
export const configDifferenceAnswer = z.looseObject({
  ...inForce,
  files: z.array(difference.extend({ note: z.nullable(z.string()) })),
});

/** POST /config/check and PUT /config, refusals included. */
export const configOutcome = reloadAnswer.partial().extend({
  error: z.exactOptional(z.string()),
  version: z.exactOptional(z.nullable(z.number())),
  differences: z.array(difference).default([]),
});

export type ConfigInForce = z.output<typeof configAnswer>;
export type ConfigDifference = z.output<typeof configDifferenceAnswer>;
export type ConfigOutcome = z.output<typeof configOutcome>;
