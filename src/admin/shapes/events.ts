// What has happened, as the admin API tells of it.
import { z } from 'zod';
import { count, operator, time } from './common.ts';

export const gatewayEvent = z
  .object({
    number: count.describe('One more than that of the event before.'),
    at: time,
    tenant: z.nullable(z.string()).describe('Null: it is about the gateway.'),
    backend: z.nullable(z.string()).describe('Null: it is about the tenant.'),
    kind: z
      .string()
      .describe('A word such as `unhealthy`, `drained` or `tenant_down`; later versions may have others.'),
    detail: z.string().describe('The evidence, in one line.'),
    by: z.exactOptional(operator).describe('Who has ordered it; absent: nobody.'),
  })
  .meta({ id: 'GatewayEvent', description: 'A change, as an event.' });

export const eventsAnswer = z.object({
  started: time.describe('When the gateway started.'),
  latest: count.describe('The number of the latest event; 0: there has been none.'),
  events: z.array(gatewayEvent),
});
