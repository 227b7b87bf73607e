// keystone disable: no new requests for a backend, until it is enabled.
import { simpleOrder } from './operate.ts';

export const disable = simpleOrder({
  name: 'disable',
  summary: 'Take a backend out: no new requests until it is enabled; those in flight go on.',
  examples: ['keystone disable shop/a'],
  order: () => ({ command: 'disable' }),
});
