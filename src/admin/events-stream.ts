// GET /events/stream: the events as they come, as browsers follow them (server-sent events).
import { z } from 'zod';
import type { GatewayEvent } from '../core/observer.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import { json } from './json.ts';
import { eventStream } from './sse.ts';

export const eventsStream = {
  path: '/events/stream',
  method: 'GET',
  summary:
    'The events as they come, each as one of `text/event-stream` with its number as id. It begins after `Last-Event-ID`, or after the number `after`; without either with all that are known.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      after: z
        .exactOptional(z.int().min(0))
        .describe('The number after which events are sent, where there is no `Last-Event-ID`.'),
    }),
  media: 'text/event-stream',
  output: async () => (await import('./shapes/events.ts')).gatewayEvent,
  answer(call, sources) {
    const first = Number(call.request.header('last-event-id') ?? call.query.get('after') ?? 0);
    if (!Number.isSafeInteger(first) || first < 0)
      return json(400, { error: 'Last-Event-ID and after must be whole numbers from 0 on' });
    return eventStream((stream) => {
      let after = first;
      const send = (): boolean => {
        const found = sources.events(after, 0);
        if (found instanceof Promise) return true;
        after = sources.latestEvent();
        return stream.send(textOf(found, call));
      };
      send();
      return { stop: sources.followEvents({ news: send, end: () => stream.end() }) };
    });
  },
} as const satisfies AdminEndpoint;

function textOf(found: readonly GatewayEvent[], call: OperatorCall): string {
  return found
    .filter(({ tenant }) => call.sees(tenant))
    .map((event) => {
      const data = JSON.stringify({ ...event, at: new Date(event.at).toISOString() });
      return `id: ${event.number}\ndata: ${data}\n\n`;
    })
    .join('');
}
