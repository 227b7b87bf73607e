// What answers of the admin API share. These files are loaded when somebody asks for the description of the API: schemas take
// longer to make than the rest of the start.
import { z } from 'zod';

/** ISO 8601. */
export const time = z.iso.datetime();

export const count = z.int().min(0);

export const operator = z
  .object({
    token: z.nullable(z.string()).describe('The name of the token that was shown; null: none was needed.'),
    address: z.string().describe('Where the request came from; `unix`: by a Unix socket.'),
  })
  .meta({ id: 'Operator', description: 'Who has given an order.' });

export const problem = z
  .object({
    file: z.string(),
    line: count.describe('From 1; 0: the file as a whole.'),
    column: count.describe('From 1, in UTF-16 code units; 0: the file as a whole.'),
    path: z.string().describe('Such as `tenants[0].services[1].url`; empty: the root.'),
    message: z.string(),
    expected: z.nullable(z.string()),
    suggestion: z.nullable(z.string()).describe('What was most likely meant.'),
  })
  .meta({ id: 'ConfigProblem', description: 'Something wrong with a configuration, with its place. Never a secret.' });

export const overallStatus = z
  .enum(['healthy', 'degraded', 'unhealthy'])
  .describe(
    '`healthy`: all backends serve; `degraded`: only some do, or the configuration is broken; `unhealthy`: none does.',
  );

export const switchStatus = z
  .object({
    policy: z.string(),
    active: z.boolean(),
    decided: z.nullable(z.boolean()).describe('What an operator has decided; null: the configuration says.'),
  })
  .meta({ id: 'Switch', description: 'A policy that operators turn on and off.' });
