// The content that all real servers serve in tests.

/** 100 KiB. */
export const LARGE = 'Keystone '.repeat(12_000).slice(0, 102_400);

/** /hello (with an ETag), /large, /nothing and /echo, by Bun. */
export async function content(request: Request): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case '/hello': {
      const headers = { 'Content-Type': 'text/plain', ETag: '"1"' };
      if (request.headers.get('if-none-match') === '"1"') return new Response(null, { status: 304, headers });
      return new Response('hello\n', { headers });
    }
    case '/large':
      return new Response(LARGE, { headers: { 'Content-Type': 'text/plain' } });
    case '/nothing':
      return new Response(null, { status: 204 });
    case '/echo':
      return new Response(request.headers.has('content-length') ? await request.arrayBuffer() : request.body);
    default:
      return new Response(null, { status: 404 });
  }
}
