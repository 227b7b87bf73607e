// How finely the busiest tenants, paths and clients are told apart.
import { z } from 'zod';
import { defaulted } from '../core/described.ts';
import { count } from '../core/settings.ts';

export type TopSettings = z.output<typeof top>;

export const top = z.strictObject({
  entries: defaulted(
    count({ min: 10, max: 10_000 }),
    'How many tenants, paths and clients each process tells apart in each second while somebody looks at the busiest ones. What is told of one is too high by at most the requests of the second divided by that; one that comes more often than that is never missed.',
    {
      value: 500,
      reason: 'a second of 10,000 requests is then right to 20 of them, and a process takes some 200 KB for it.',
    },
  ),
});
