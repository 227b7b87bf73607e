// Where a request would go, and why.
import { z } from 'zod';
import { count } from './common.ts';

const passedOver = z
  .object({ name: z.nullable(z.string()), rule: z.string(), why: z.string() })
  .meta({ id: 'PassedOver', description: 'A rule that matches as well, and why it did not win.' });

const backend = z.object({
  name: z.string(),
  url: z.string(),
  is_picked: z.boolean(),
  reason: z.nullable(z.string()).describe('Why it is not eligible; null: it is.'),
});

const tenant = z.object({
  kind: z.literal('tenant'),
  tenant: z.string(),
  rule: z.string(),
  why: z.string(),
  passed_over: z.array(passedOver),
  route: z
    .nullable(
      z.object({ name: z.nullable(z.string()), rule: z.string(), why: z.string(), passed_over: z.array(passedOver) }),
    )
    .describe('The route of the tenant that has won; null: none matches, or it has none.'),
  pool: z.nullable(z.string()).describe('Null: there is none, so that it is answered with 404.'),
  pool_by: z
    .nullable(z.object({ policy: z.string(), why: z.string() }))
    .describe('The policy that has chosen the pool; null: none has.'),
  policies: z.array(z.string()).describe('Those that are asked about it, in this order.'),
  target: z.string().describe('In its normal form.'),
  stripped_prefix: z.nullable(z.string()),
  forwarded: z.nullable(z.string()).describe('As the backend would see it; null: no backend is known yet.'),
  backends: z.array(backend),
  share: z.object({ weight: z.number(), of_weights: z.number(), patience: z.number().describe('In milliseconds.') }),
  limits: z.array(z.object({ name: z.string(), limit: z.nullable(z.number()), used: z.nullable(z.number()) })),
});

export const explanation = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('refused'), status: z.int(), code: z.string(), detail: z.string() }),
    z.object({ kind: z.literal('redirect'), location: z.string() }),
    z.object({ kind: z.literal('answered'), status: count }),
    z.object({ kind: z.literal('admin') }),
    tenant,
  ])
  .meta({ id: 'Explanation' });
