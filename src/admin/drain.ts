// POST /backends/{tenant}/{backend}/drain?deadline=30s
import { parseDuration } from '../core/units.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { operate } from './operate.ts';

export const drain = {
  path: '/backends/{tenant}/{backend}/drain',
  method: 'POST',
  summary:
    'Lets a backend finish what it has begun: no new requests. `deadline` (such as 30s) cuts off what is left then; without it nothing is ever cut.',
  access: 'operator',
  answer(call, sources) {
    const text = call.query.get('deadline');
    const deadline = text === null ? null : parseDuration(text);
    if (text !== null && deadline === null) {
      return json(400, { error: 'deadline is not a duration', expected: 'a duration such as 30s, 2m or 500ms' });
    }
    return operate(call, sources, { kind: 'drain', deadline });
  },
} as const satisfies AdminEndpoint;
