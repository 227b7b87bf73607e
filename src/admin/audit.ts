// GET /audit?tenant=shop&by=ci&outcome=refused&since=24h
import { z } from 'zod';
import { parseDuration } from '../core/units.ts';
import type { AuditFilter } from './audit-log.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';
import { type PageRule, limitParameter, readLimit } from './paging.ts';

const ENTRIES: PageRule = { usual: 1000, most: 1000 };
const OUTCOMES = ['done', 'refused', 'failed'] as const;

export const audit = {
  path: '/audit',
  method: 'GET',
  summary:
    'Who has changed what, or has tried to, and what came of it: the latest that fit, oldest first. With a state directory those of before a restart, too.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      tenant: z.exactOptional(z.string()).describe('Whom it was about.'),
      by: z.exactOptional(z.string()).describe('The name of a token, or an address.'),
      outcome: z.exactOptional(z.enum(OUTCOMES)),
      path: z.exactOptional(z.string()).describe('A part of the path.'),
      since: z.exactOptional(z.string()).describe('How long ago at most: a duration such as 24h.'),
      limit: limitParameter(ENTRIES),
    }),
  output: async () => (await import('./shapes/audit.ts')).auditAnswer,
  async answer(call, sources) {
    const filter = readFilter(call, sources);
    return typeof filter === 'string'
      ? json(400, { error: filter })
      : json(200, { entries: await sources.audit(filter) });
  },
} as const satisfies AdminEndpoint;

// An error is a sentence for people.
function readFilter(call: OperatorCall, sources: Pick<AdminSources, 'wall'>): AuditFilter | string {
  const { query } = call;
  const text = (name: string): string | null => query.get(name) || null;
  const [outcome, since] = [text('outcome'), text('since')];
  if (outcome !== null && !OUTCOMES.some((one) => one === outcome))
    return `outcome must be one of ${OUTCOMES.join(', ')}`;
  const duration = since === null ? null : parseDuration(since);
  if (since !== null && duration === null) return 'since must be a duration such as 24h';
  const limit = readLimit(query, ENTRIES);
  if (typeof limit === 'string') return limit;
  const oldest = duration === null ? 0 : sources.wall() - duration;
  const sees: AuditFilter['sees'] = (one) => call.sees(one);
  return { sees, tenant: text('tenant'), by: text('by'), outcome, path: text('path'), since: oldest, limit };
}
