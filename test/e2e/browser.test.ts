import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

async function dumpDom(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const words = [...FLAGS, ...QUIET, `--user-data-dir=${profile}`, '--virtual-time-budget=20000', '--dump-dom', url];
  const child = Bun.spawn(['chromium', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  const text = await new Response(child.stdout).text();
  await child.exited;
  await rm(profile, { recursive: true, force: true });
  return text;
}

describe.if(needs('chromium'))('a browser', () => {
  test('loads a page with hundreds of objects', async () => {
    const answer = (request: Request): Response =>
      request.url.endsWith('.svg')
        ? new Response(PIXEL, { headers: { 'Content-Type': 'image/svg+xml' } })
        : new Response(PAGE, { headers: { 'Content-Type': 'text/html' } });
    using a = new Origin('a', answer);
    using b = new Origin('b', answer);
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    expect(await dumpDom(`${gateway.url}/`)).toContain(`${OBJECTS} loaded, 0 failed`);
    expect(a.requests + b.requests).toBeGreaterThan(OBJECTS);
  }, 60_000);
});
