// Requests that come back, and what the gateway says of itself.
import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NginxFiles } from '../support/nginx-files.ts';
import { Origin } from '../support/origin.ts';
import { freePort } from '../support/ports.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

type Seen = { readonly headers: Readonly<Record<string, string | undefined>> };

function fieldsSeen(body: string): Seen['headers'] {
  return (JSON.parse(body) as Seen).headers;
}

const ownPlace = (port: number) => [{ name: 'self', url: `http://127.0.0.1:${port}` }];

describe('a backend that leads back to the gateway', () => {
  test('is answered 508 at the second pass, by a failure of its own', async () => {
    const port = freePort();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', ownPlace(port)), {}, port);
    const { status, body } = await curl('-H', 'Accept: application/json', `${gateway.url}/x`);
    expect(status).toBe(508);
    expect(JSON.parse(body)).toMatchObject({ code: 'loop-detected', title: 'Loop Detected' });
    // The pass in between is no evidence against the backend.
    for (let n = 0; n < 8; n++) expect((await curl(`${gateway.url}/x`)).status).toBe(508);
  });

  test('through another gateway is found as well', async () => {
    const port = freePort();
    await using other = await GatewayProcess.start(uncheckedTenant('/', ownPlace(port)));
    await using gateway = await GatewayProcess.start(
      uncheckedTenant('/', [{ name: 'other', url: other.url }]),
      {},
      port,
    );
    expect((await curl(`${gateway.url}/x`)).status).toBe(508);
  });

  test("is the operator's business where loop_id is none", async () => {
    const port = freePort();
    const settings =
      'loop_id: none\nlimits: { connections: 20 }\ntimeouts: { exchange: 2s, first_byte: 1s, connect: 1s }\n';
    await using gateway = await GatewayProcess.start(settings + uncheckedTenant('/', ownPlace(port)), {}, port);
    expect((await curl('--max-time', '8', `${gateway.url}/x`)).status).not.toBe(508);
  });
});

describe('two gateways in a row', () => {
  test('are no loop, and both have their names in CDN-Loop', async () => {
    using origin = new Origin('a');
    await using inner = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    await using outer = await GatewayProcess.start(
      `loop_id: Outer.test\n${uncheckedTenant('/', [{ name: 'inner', url: inner.url }])}`,
    );
    const headers = fieldsSeen((await curl('-H', 'CDN-Loop: first.test', outer.url)).body);
    expect(headers['cdn-loop']).toMatch(/^first\.test, outer\.test, keystone-[a-z0-9_-]{12}$/);
  });

  test('are one where they have their name in common', async () => {
    using origin = new Origin('a');
    await using inner = await GatewayProcess.start(`loop_id: same\n${uncheckedTenant('/', [origin])}`);
    await using outer = await GatewayProcess.start(
      `loop_id: SAME\n${uncheckedTenant('/', [{ name: 'inner', url: inner.url }])}`,
    );
    expect((await curl(outer.url)).status).toBe(508);
  });
});

describe('Via', () => {
  test.each([
    ['', undefined, undefined],
    ['via: requests\n', '1.1 keystone', undefined],
    ['via: both\n', '1.1 keystone', '1.1 keystone'],
  ])('is sent where %j says so', async (setting, toBackend, toClient) => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(setting + pathTenant('/', [origin]));
    const { body, headers } = await curl(gateway.url);
    expect(fieldsSeen(body)['via']).toBe(toBackend);
    expect(headers.get('via') ?? undefined).toBe(toClient);
  });

  test('does not keep nginx from compressing', async () => {
    const settings = 'gzip on; gzip_types application/javascript;';
    await using nginx = await NginxFiles.start(settings, { 'app.js': 'var a = 1;\n'.repeat(3000) });
    const off = 'compression: { enabled: false }\n';
    await using gateway = await GatewayProcess.start(off + uncheckedTenant('/', [nginx]));
    const { headers, body } = await curl('-H', 'Accept-Encoding: gzip', `${gateway.url}/app.js`);
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(body.length).toBeLessThan(1000);
  });
});
