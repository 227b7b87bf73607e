// An origin for machines without nginx: `bun bun-origin.ts PORT`.
import { BODIES } from './origins.ts';

const headers = { 'content-type': 'text/plain' };
const bodies = Object.entries(BODIES).map(([name, size]) => [`/${name}`, new Response('x'.repeat(size), { headers })]);

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  idleTimeout: 0,
  routes: {
    ...Object.fromEntries(bodies),
    '/health': new Response('ok\n', { headers }),
    '/upload': async (request: Request) => {
      await request.arrayBuffer();
      return new Response('ok\n', { headers });
    },
  },
  fetch: () => new Response('not found\n', { status: 404, headers }),
});
