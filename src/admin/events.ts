// GET /events?after=17&wait=25: what has happened, and what happens next.
import type { GatewayEvent } from '../core/observer.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint, AdminSources } from './contract.ts';
import { json } from './json.ts';

// Shorter than what most proxies between would wait.
const LONGEST_WAIT = 30;

export const events = {
  path: '/events',
  method: 'GET',
  summary:
    'Changes of backends, oldest first, those after the number `after` only. Where there are none yet, waits up to `wait` seconds (30 at the most) for the next. Another `started` than before: the gateway has been restarted, and numbers have begun anew.',
  access: 'operator',
  answer(call, sources) {
    const after = Number(call.query.get('after') ?? 0);
    const wait = Number(call.query.get('wait') ?? 0);
    if (!Number.isSafeInteger(after) || after < 0 || !(wait >= 0)) {
      return json(400, { error: 'after and wait are numbers from 0 on' });
    }
    const found = sources.events(after, Math.min(wait, LONGEST_WAIT));
    return found instanceof Promise ? found.then((late) => listed(late, sources)) : listed(found, sources);
  },
} as const satisfies AdminEndpoint;

function listed(found: readonly GatewayEvent[], sources: AdminSources): LocalResponse {
  return json(200, {
    started: new Date(sources.startedAt).toISOString(),
    latest: sources.latestEvent(),
    events: found.map((event) => ({ ...event, at: new Date(event.at).toISOString() })),
  });
}
