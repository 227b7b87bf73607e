// keystone weight: another share of the traffic for a backend.
import { simpleOrder } from './operate.ts';

export const weight = simpleOrder({
  name: 'weight',
  summary: 'Set the weight of a backend, 0 to 256; "configured" brings back that of the configuration.',
  operands: '<tenant/backend> <weight>',
  examples: ['keystone weight shop/a 3', 'keystone weight shop/a 0', 'keystone weight shop/a configured'],
  order: ({ positionals }) => ({ command: 'weight', query: { weight: positionals[1] ?? '' } }),
});
