// keystone enable: a backend gets requests again.
import { simpleOrder } from './operate.ts';

export const enable = simpleOrder({
  name: 'enable',
  summary: 'Give a backend that was drained or disabled its requests back.',
  examples: ['keystone enable shop/a'],
  order: () => ({ command: 'enable' }),
});
