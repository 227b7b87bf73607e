// Secrets of the configuration are used, and shown nowhere.
import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

/** Every text of the schema that may hold a secret gets one of its own, from a variable of that name. What names something
 * (names, hosts, ports, prefixes, files, cookies) has to be shown. */
const PLACES = [
  'URL_USER',
  'URL_PASSWORD',
  'URL_PATH',
  'URL_QUERY',
  'URL_ALIAS',
  'WHOLE_PATH',
  'HEALTH_PATH',
  'CHECK_PATH',
  'HEADER',
  'BODY',
  'EXPECT_HEADER',
  'EXPECT_HEADER_PATTERN',
  'EXPECT_BODY',
  'EXPECT_BODY_PATTERN',
  'TCP_SEND',
  'TCP_EXPECT',
  'COMMAND',
  'ENVIRONMENT',
  'METADATA',
  'AFFINITY',
  'TOKEN',
  'COLLECTOR',
] as const;

const secretOf = (place: string): string => `the-secret-of-${place.toLowerCase().replaceAll('_', '-')}`;
const TIMES = 'interval: 200ms, fast_interval: 200ms, fall: 1';

function configuration(origin: Origin): string {
  const host = origin.url.slice('http://'.length);
  return `admin_base_path: /admin
public_details: true
admin: { address: "127.0.0.1:0", tokens: ["\${TOKEN}"] }
allow_exec_checks: true
tracing: { otlp_endpoint: "${origin.url}", headers: { X-Collector: "\${COLLECTOR}" }, sample: 100%, delay: 20ms }
tenants:
  - name: pages
    path_prefix: /pages/
    affinity: { secret: "\${AFFINITY}" }
    health_check:
      ${TIMES.replaceAll(', ', '\n      ')}
      path: "/check/\${CHECK_PATH}"
      method: POST
      headers: { X-Probe: "\${HEADER}" }
      body: "\${BODY}"
      expect_header: [{ name: X-Ready, contains: "\${EXPECT_HEADER}", matches: "\${EXPECT_HEADER_PATTERN}" }]
      expect_body: { contains: "\${EXPECT_BODY}", matches: "\${EXPECT_BODY_PATTERN}" }
    services:
      - { name: a, url: &url "http://\${URL_USER}:\${URL_PASSWORD}@${host}/\${URL_PATH}/x?a=1&b=\${URL_QUERY}" }
      - { name: b, url: "\${WHOLE_URL}", health: "/health?\${HEALTH_PATH}" }
      - { name: c, url: *url, weight: 2 }
      - { name: d, url: "http://${host}/v1/?api_key=\${URL_ALIAS}" }
  - name: sockets
    path_prefix: /sockets/
    health_check: { type: tcp, ${TIMES}, send: "\${TCP_SEND}", expect: "\${TCP_EXPECT}" }
    services: [{ name: a, url: "${origin.url}" }]
  - name: programs
    path_prefix: /programs/
    health_check: { type: exec, ${TIMES}, command: [sh, -c, "echo $PASSWORD $0; exit 1", "\${COMMAND}"], environment: { PASSWORD: "\${ENVIRONMENT}" } }
    services: [{ name: a, url: "${origin.url}" }]
  - name: calls
    path_prefix: /calls/
    health_check: { type: grpc, ${TIMES}, metadata: { x-key: "\${METADATA}" } }
    services: [{ name: a, url: "${origin.url}" }]
`;
}

/** Tells all that it is told, as a page for debugging may. */
async function echo(request: Request): Promise<Response> {
  const fields = Array.from(request.headers, ([name, value]) => `${name}: ${value}`).join(' ');
  return new Response(`${new URL(request.url).search} ${fields} ${await request.text()} ${request.url}`, {
    status: 500,
  });
}

test('no secret of the configuration is in any output', async () => {
  using origin = new Origin('a', echo);
  const environment: Record<string, string> = Object.fromEntries(PLACES.map((place) => [place, secretOf(place)]));
  environment['WHOLE_URL'] = `${origin.url}/${secretOf('WHOLE_PATH')}`;
  const text = configuration(origin);
  const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const file = join(folder, 'keystone.yaml');
  await writeFile(file, text);
  try {
    await using gateway = await GatewayProcess.start(text, environment);
    const headers = { authorization: `Bearer ${secretOf('TOKEN')}` };
    const read = async (path: string): Promise<string> => (await fetch(gateway.admin + path, { headers })).text();
    await until(() => gateway.errors.match(/backend unhealthy/g)?.length === 7, 'all have failed');
    const tenants = await read('/tenants');
    const names = ['pages/a', 'pages/b', 'pages/c', 'pages/d', 'sockets/a', 'programs/a', 'calls/a'];
    const run = async (...words: string[]): Promise<string> => {
      const { out, errors } = await keystone(words, { env: environment, cwd: folder });
      return out + errors;
    };
    const outputs: Record<string, string> = {
      tenants,
      events: await read('/events'),
      health: await read('/health'),
      connections: await read('/connections'),
      answer: await (await fetch(`${gateway.url}/pages/`)).text(),
      status: await run('status', '--url', gateway.admin),
      check: await run('check', '-c', file),
      explain: await run('explain', '-c', file, 'GET', 'http://h/pages/x'),
      explainJson: await run('explain', '-c', file, '--json', 'GET', 'http://h/pages/x'),
    };
    for (const name of names) outputs[name] = await read(`/backends/${name}`);
    await gateway.rewrite(
      text
        .replace('fall: 1', 'fall: 2')
        .replace('matches: "${EXPECT_BODY_PATTERN}"', 'matches: "(${EXPECT_BODY_PATTERN}"'),
    );
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reload refused'), 'the broken one is refused');
    await until(() => gateway.errors.includes('the collector refuses traces'), 'so are traces');
    outputs['log'] = gateway.output + gateway.errors;
    const found = Object.entries(outputs).flatMap(([output, shown]) =>
      PLACES.filter((place) => shown.includes(secretOf(place))).map((place) => `${place} in ${output}`),
    );
    expect(found).toEqual([]);
    expect(outputs['log']).not.toContain(btoa(`${secretOf('URL_USER')}:${secretOf('URL_PASSWORD')}`));
    // What is no secret is still there.
    const urls = [...tenants.matchAll(/"url":"([^"]+)"/g)].slice(0, 4).map(([, url]) => url);
    expect(urls).toEqual([
      `${origin.url}/***/x?a=1&b=***`,
      `${origin.url}/***`,
      `${origin.url}/***/x?a=1&b=***`,
      `${origin.url}/v1?api_key=***`,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
