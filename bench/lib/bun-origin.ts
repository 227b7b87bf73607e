// An origin for machines without nginx: `bun bun-origin.ts PORT`.
import { JSON_BODIES, jsonBody } from './json-body.ts';
import { BODIES, CHUNK_BYTES, RESPONSE_FIELDS } from './origins.ts';

const headers = { 'content-type': 'text/plain' };
const fields = RESPONSE_FIELDS.map(([name, value]): [string, string] => [name, value]);
const bodies = Object.entries(BODIES).map(([name, size]) => [`/${name}`, new Response('x'.repeat(size), { headers })]);
const json = { 'content-type': 'application/json' };
const jsonBodies = Object.entries(JSON_BODIES).map(([name, size]) => [
  `/${name}`,
  new Response(jsonBody(size), { headers: json }),
]);

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  idleTimeout: 0,
  routes: {
    ...Object.fromEntries(bodies),
    ...Object.fromEntries(jsonBodies),
    '/chunked': () => new Response(chunks(), { headers }),
    '/headers': new Response('x'.repeat(BODIES['1k']), { headers: [...Object.entries(headers), ...fields] }),
    '/websocket': (request: Request, server: Bun.Server<undefined>) =>
      server.upgrade(request) ? undefined : new Response('a WebSocket only\n', { status: 426, headers }),
    '/health': new Response('ok\n', { headers }),
    '/upload': async (request: Request) => {
      await request.arrayBuffer();
      return new Response('ok\n', { headers });
    },
  },
  websocket: {
    message(socket, message) {
      socket.send(message);
    },
  },
  fetch: () => new Response('not found\n', { status: 404, headers }),
});

function chunks(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(CHUNK_BYTES).fill(0x78);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk);
      sent += CHUNK_BYTES;
      if (sent === BODIES['10k']) controller.close();
    },
  });
}
