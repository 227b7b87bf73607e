// GET /requests/stream: requests that fit, as they end.
import type { BoardRequest } from '../observe/live/live-board.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { filterParameters, seenBy } from './requests.ts';
import { eventStream } from './sse.ts';

export const requestsStream = {
  path: '/requests/stream',
  method: 'GET',
  summary:
    'Requests that fit, as they end, each as one of `text/event-stream`; by the same words as `GET /requests`. A comment tells how many more there were than could be shown.',
  access: 'operator',
  tenants: 'filter',
  parameters: filterParameters,
  media: 'text/event-stream',
  output: async () => (await import('./shapes/traffic.ts')).endedRequest,
  answer(call, { live }) {
    const filter = seenBy(call);
    if (!filter.ok) return json(400, { error: filter.error });
    if (!live.hasRoom) return json(503, { error: 'too many watch already' }, [['Retry-After', '10']]);
    return eventStream((stream) => {
      const stop = live.watch(filter.value, (requests, leftOut) => {
        const more = leftOut > 0 ? `: ${leftOut} more\n\n` : '';
        stream.send(requests.map(textOf).join('') + more);
      });
      return { stop: stop ?? (() => undefined) };
    });
  },
} as const satisfies AdminEndpoint;

function textOf(request: BoardRequest): string {
  return `id: ${request.number}\ndata: ${JSON.stringify(request)}\n\n`;
}
