// GET /audit
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

const entry = z.object({
  at: z.string(),
  by: z.object({ token: z.nullable(z.string()), address: z.string() }),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  tenant: z.nullable(z.string()),
  status: z.int(),
});

export const audit = {
  path: '/audit',
  method: 'GET',
  summary:
    'Who has changed what, and with what status it was answered: the latest 1,000 requests since the start, oldest first.',
  access: 'operator',
  tenants: 'filter',
  output: z.object({ entries: z.array(entry) }),
  answer(call, sources) {
    const seen = sources.audit().filter(({ tenant }) => call.sees(tenant));
    return json(200, { entries: seen.map((one) => ({ ...one, at: new Date(one.at).toISOString() })) });
  },
} as const satisfies AdminEndpoint;
