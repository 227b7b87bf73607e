// GET /events?after=17&wait=25: the events after a number, or the next one.
import { z } from 'zod';
import type { GatewayEvent } from '../core/observer.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';

// In seconds. Most proxies on the way would wait longer for a response.
const LONGEST_WAIT = 30;

export const events = {
  path: '/events',
  method: 'GET',
  summary:
    'Changes of backends after the number `after`, oldest first. If there are none yet, waits up to `wait` seconds (30 at most) for the next. If `started` has changed, the gateway was restarted; numbers go on where it has a state directory, which also keeps the events of before, and have begun anew where `latest` is smaller than before.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      after: z.exactOptional(z.int().min(0)).describe('The number after which events are asked for; absent: 0.'),
      wait: z.exactOptional(z.number().min(0)).describe('Seconds to wait for the next one, 30 at most.'),
    }),
  output: async () => (await import('./shapes/events.ts')).eventsAnswer,
  answer(call, sources) {
    const after = Number(call.query.get('after') ?? 0);
    const wait = Number(call.query.get('wait') ?? 0);
    if (!Number.isSafeInteger(after) || after < 0 || !(wait >= 0)) {
      return json(400, { error: 'after must be a whole number from 0 on, wait a number from 0 on' });
    }
    const older = sources.olderEvents(after);
    const latest = sources.events(after, Math.min(wait, LONGEST_WAIT));
    if (older === null && !(latest instanceof Promise)) return listed(latest, call, sources);
    return Promise.all([older ?? [], latest]).then((found) => listed(found.flat(), call, sources));
  },
} as const satisfies AdminEndpoint;

function listed(found: readonly GatewayEvent[], call: OperatorCall, sources: AdminSources): LocalResponse {
  return json(200, {
    started: new Date(sources.startedAt).toISOString(),
    latest: sources.latestEvent(),
    events: found
      .filter(({ tenant }) => call.sees(tenant))
      .map((event) => ({ ...event, at: new Date(event.at).toISOString() })),
  });
}
