import { describe, expect, test } from 'bun:test';
import { chromiumDom, chromiumLoaded } from '../support/chromium.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { pathTenant, services, uncheckedTenant } from '../support/yaml.ts';

const OBJECTS = 300;
const PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
// Counts in the page itself what arrived and what did not, and writes it where --dump-dom shows it.
const PAGE = `<!doctype html><title>objects</title><body><p id="count"></p><script>
let loaded = 0, failed = 0;
const show = () => { document.getElementById('count').textContent = loaded + ' loaded, ' + failed + ' failed'; };
for (let n = 0; n < ${OBJECTS}; n++) {
  const image = new Image();
  image.onload = () => { loaded++; show(); };
  image.onerror = () => { failed++; show(); };
  image.src = '/object/' + n + '.svg';
}
</script>`;

// What a page does besides: it streams an answer, uploads, leaves an answer that goes on and on, and opens a WebSocket. It is loaded
// when all of this is done, since its image is answered then.
const BUSY_PAGE = `<!doctype html><title>busy</title><body><p id="told"></p><img src="/gate"><script>
const told = {};
const show = () => { document.getElementById('told').textContent = JSON.stringify(told); };
const run = async () => {
  const images = Array.from({ length: ${OBJECTS} }, (_, n) => fetch('/object/' + n + '.svg').then((r) => r.text()));
  told.loaded = (await Promise.all(images)).length;
  const reader = (await fetch('/slowly')).body.getReader();
  let pieces = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces++;
  told.pieces = pieces > 1;
  const body = 'x'.repeat(3000000);
  told.uploaded = (await (await fetch('/upload', { method: 'POST', body })).text());
  const left = new AbortController();
  const endless = await fetch('/endless', { signal: left.signal });
  await endless.body.getReader().read();
  left.abort();
  const socket = new WebSocket('wss://' + location.host + '/ws/');
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
  const echoed = new Promise((resolve) => { socket.onmessage = ({ data }) => resolve(data); });
  socket.send('hello');
  told.echoed = await echoed;
  const hops = performance.getEntriesByType('resource').map(({ nextHopProtocol }) => nextHopProtocol);
  told.protocols = [...new Set(hops)].join(' ');
};
run().catch((error) => { told.error = String(error); }).then(show).then(() => fetch('/done'));
</script>`;

function endless(chunks: number, pause: number): Response {
  let sent = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    controller.enqueue(new TextEncoder().encode(`piece ${sent++}\n`));
    await Bun.sleep(pause);
    if (sent === chunks) controller.close();
  };
  return new Response(new ReadableStream({ pull }));
}

/** Answers what that page asks for. */
class BusyOrigin {
  private readonly done = Promise.withResolvers<undefined>();

  async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/gate') await this.done.promise;
    if (pathname === '/done') this.done.resolve(undefined);
    return await answerBusy(request, pathname);
  }
}

async function answerBusy(request: Request, pathname: string): Promise<Response> {
  if (pathname.endsWith('.svg') || pathname === '/gate') return new Response(PIXEL);
  if (pathname === '/slowly') return endless(5, 20);
  if (pathname === '/endless') return endless(Number.POSITIVE_INFINITY, 20);
  if (pathname === '/upload') return new Response(String((await request.arrayBuffer()).byteLength));
  return new Response(BUSY_PAGE, { headers: { 'Content-Type': 'text/html' } });
}

describe.if(needs('chromium'))('a browser', () => {
  test('does over HTTP/2 all that pages do', async () => {
    const busy = new BusyOrigin();
    using origin = new Origin('a', (request) => busy.answer(request));
    using sockets = new WebSocketOrigin();
    await using files = await MadeCertificate.make('a.test', 2);
    const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
    const more = `  - name: sockets\n    path_prefix: "/ws/"\n${services([sockets], null)}`;
    await using gateway = await GatewayProcess.start(tls + uncheckedTenant('/', [origin]) + more);
    const dom = await chromiumLoaded(`https://127.0.0.1:${gateway.port}/`);
    expect(dom).toContain(`{"loaded":${OBJECTS},"pieces":true,"uploaded":"3000000","echoed":"hello","protocols":"h2"}`);
  });

  test('loads a page with hundreds of objects', async () => {
    const answer = (request: Request): Response =>
      request.url.endsWith('.svg')
        ? new Response(PIXEL, { headers: { 'Content-Type': 'image/svg+xml' } })
        : new Response(PAGE, { headers: { 'Content-Type': 'text/html' } });
    using a = new Origin('a', answer);
    using b = new Origin('b', answer);
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    expect(await chromiumDom(`${gateway.url}/`)).toContain(`${OBJECTS} loaded, 0 failed`);
    expect(a.requests + b.requests).toBeGreaterThan(OBJECTS);
  });
});
