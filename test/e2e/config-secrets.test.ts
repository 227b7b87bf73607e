// No secret of a configuration is shown by the admin API.
import { describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { endpoints } from '../../src/admin/registry.ts';
import { check, put, shownBy, tenant } from '../support/config-api.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

describe('GET /config/difference', () => {
  test('tells the lines that differ, and that a secret is another one, but no secret', async () => {
    using a = new Origin('a');
    const text = (secret: string, more: string) =>
      `tenants:\n${tenant('shop', a)}  - name: b\n    path_prefix: /b/\n    affinity: { secret: ${secret} }\n    services: [{ name: one, url: "${a.url}" }]\n${more}`;
    await using gateway = await GatewayProcess.start(text('first-secret-of-them', ''));
    await gateway.rewrite(text('second-secret-of-them', tenant('blog', a)));
    const answer = await (await fetch(`${gateway.admin}/config/difference`)).text();
    expect(answer).not.toMatch(/first-secret|second-secret/);
    const { files } = JSON.parse(answer) as { files: { file: string; lines: string; note: null }[] };
    expect(files).toMatchObject([{ file: 'keystone.yaml', note: null }]);
    expect(files[0]?.lines).toContain(
      '-    affinity: { secret: "***" }\n+    affinity: { secret: "*** (another one)" }\n',
    );
    expect(files[0]?.lines).toContain(`+${tenant('blog', a)}`);
  });
});

test('no answer has a secret, whichever setting holds it', async () => {
  const secret = (name: string): string => `${name}-is-a-secret-of-32-characters-or-more`;
  const yaml = `# left over: { token: ${secret('commented')} }
admin: { tokens: [{ name: t, token: ${secret('admintoken')} }] }
tenants:
  - name: shop
    path_prefix: /shop/
    services:
      - { name: a, url: "http://user:${secret('urlpassword')}@127.0.0.1:1/base?api_token=${secret('urlquery')}" }
    affinity: { secret: ${secret('affinity')} }
    health_check:
      type: http
      headers: { Authorization: "Bearer ${secret('probefield')}" }
      body: ${secret('probebody')}
    policies:
      - headers: { request: { set: { X-Api-Key: ${secret('requestfield')} } } }
      - jwt: { audience: any, secret: ${secret('jwtsecret')} }
      - basic_auth: { users: [{ name: anna, hash: "$2y$10$deRMnK1MCMY6BZFCWfGTFuQRjksHEWxyh4xU1qjfJwknwme4oEPK." }] }
      - api_key: { keys: [{ id: p, hash: "sha256:0a8a44f7f7c8e5e0c2d0b1b7ec2c0d9c4f6f2d3a9b1e5f60718293a4b5c6d7e8" }] }
      - maintenance: { allow: { header: { X-Bypass: ${secret('bypass')} } } }
      - split: { pools: { default: 1 }, sticky: cookie, secret: ${secret('split')} }
  - name: tcp
    path_prefix: /tcp/
    services: [{ name: a, url: "http://127.0.0.1:1" }]
    health_check: { type: tcp, send: "${secret('tcpsend')}" }
  - name: grpc
    path_prefix: /grpc/
    services: [{ name: a, url: "http://127.0.0.1:1" }]
    health_check: { type: grpc, metadata: { x-probe: ${secret('grpcmetadata')} } }
`;
  await using gateway = await GatewayProcess.start(yaml);
  const headers = { authorization: `Bearer ${secret('admintoken')}` };
  const shown = await shownBy(gateway, headers);
  const changed = { text: shown.files[0]?.text.replace('path_prefix: /tcp/', 'path_prefix: /new/') ?? '' };
  const secrets = /is-a-secret|\$2y\$10|0a8a44f7/;
  const answers = [JSON.stringify(shown)];
  answers.push(JSON.stringify(await check(gateway, changed, headers)));
  answers.push(JSON.stringify(await check(gateway, { text: changed.text.replace('type: tcp', 'type: udp') }, headers)));
  const done = await put(gateway, changed, { tag: shown.etag, headers });
  expect(done.status).toBe(200);
  expect(await readFile(gateway.file, 'utf8')).toContain(secret('tcpsend'));
  answers.push(JSON.stringify(done));
  await gateway.rewrite(yaml.replaceAll('is-a-secret', 'is-another-is-a-secret'));
  let asked = 0;
  for (const { path, method } of endpoints) {
    if (method !== 'GET' || path.endsWith('/stream')) continue;
    const concrete = path.replace('{tenant}', 'shop').replace('{name}', 'shop').replace('{backend}', 'a');
    const response = await fetch(`${gateway.admin}${concrete}`, { headers });
    if (response.status === 200) asked++;
    answers.push(`${path} ${await response.text()}`);
  }
  expect(asked).toBeGreaterThan(20);
  for (const answer of answers) expect(secrets.exec(answer)?.[0] ?? null, answer.slice(0, 60)).toBeNull();
  const events = JSON.stringify(await (await fetch(`${gateway.admin}/events`, { headers })).json());
  expect([events, gateway.errors, gateway.output].filter((text) => secrets.test(text))).toEqual([]);
});
