// Who has done what by the admin API.
import { z } from 'zod';
import { operator, time } from './common.ts';

const auditEntry = z
  .object({
    at: time,
    by: operator,
    method: z.string(),
    path: z.string(),
    query: z.string().describe('Without its `?`, and without secrets.'),
    tenant: z.nullable(z.string()).describe('Whom it was about; null: the gateway.'),
    status: z.int().describe('Of the answer.'),
  })
  .meta({ id: 'AuditEntry' });

export const auditAnswer = z.object({ entries: z.array(auditEntry).describe('Oldest first.') });
