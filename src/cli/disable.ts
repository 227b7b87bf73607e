// keystone disable: no new requests for a backend, until it is enabled.
import { simpleOrder } from './operate.ts';

export const disable = simpleOrder({
  name: 'disable',
  summary: 'Take a backend out: no new requests until it is enabled; those in flight go on.',
  options: [{ name: 'force', summary: 'also the last eligible backend of its tenant' }],
  examples: ['keystone disable shop/a', 'keystone disable shop/a --force'],
  order: ({ options }) => ({ command: 'disable', query: options['force'] === true ? { force: 'true' } : {} }),
});
