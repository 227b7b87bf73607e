// Who has done what by the admin API.
import { z } from 'zod';
import type { Frozen } from '../../core/frozen.ts';
import { count, operator, time } from './common.ts';

export const auditEntry = z
  .object({
    at: time,
    by: operator,
    method: z.string(),
    path: z.string(),
    query: z.string().describe('Without its `?`, and without secrets.'),
    tenant: z.nullable(z.string()).describe('Whom it was about; null: the gateway.'),
    status: z.int().describe('Of the answer.'),
    outcome: z
      .enum(['done', 'refused', 'failed'])
      .describe('`refused`: whoever asked may not do that, or not so; `failed`: the gateway could not do it.'),
    error: z.nullable(z.string()).describe('Why it was not done; null: it was.'),
    left_out: count.describe('How many refused attempts before this one were too many to be written down.'),
  })
  .meta({ id: 'AuditEntry', description: 'An attempt to change something, to log in or to log out.' });

export const auditAnswer = z.object({ entries: z.array(auditEntry).describe('Oldest first.') });

export type AuditEntry = Frozen<z.output<typeof auditEntry>>;
