import { describe, expect, test } from 'bun:test';
import { chromiumDom } from '../support/chromium.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { pathTenant } from '../support/yaml.ts';

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
describe.if(needs('chromium'))('a browser', () => {
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
  }, 60_000);
});
