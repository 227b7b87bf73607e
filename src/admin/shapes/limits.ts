// What is limited, and how much of it is used.
import { z } from 'zod';
import { count, time } from './common.ts';
import { limits, share } from './tenant.ts';

const gatewayLimit = z
  .object({
    setting: z.string().describe('As the configuration calls it.'),
    of: z.nullable(z.string()).describe('The listener or the process that it is kept to; null: all together.'),
    limit: z.nullable(z.number()).describe('Null: there is none.'),
    used: z.nullable(z.number()).describe('What is used of it now; null: nobody counts.'),
    refused: z.nullable(count).describe('How often it was hit, since the start; null: nobody counts.'),
  })
  .meta({ id: 'GatewayLimit', description: 'A limit of the whole gateway, a listener or a process.' });

const hit = z
  .object({ at: time, tenant: z.string(), detail: z.string().describe('Which limit, and how many it has kept out.') })
  .meta({ id: 'LimitHit', description: 'A limit of a tenant that has kept requests out.' });

export const limitsAnswer = z.object({
  gateway: z.nullable(z.array(gatewayLimit)).describe('Null: not for those who see certain tenants only.'),
  total: count.describe('How many tenants fit, on all pages.'),
  page: z.int().min(1),
  limit: z.int().min(1),
  tenants: z
    .array(z.object({ tenant: z.string(), limits, share }))
    .describe('Those nearest to one of their limits first, then those of which most was refused.'),
  lately: z.array(hit).describe('The latest 50 times that a limit of one of these tenants was hit, oldest first.'),
});
