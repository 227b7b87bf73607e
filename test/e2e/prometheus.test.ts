// A real Prometheus scrapes the gateway in both formats, has the counts of the client, and goes by the rules of deploy/.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { freePort } from '../support/ports.ts';
import { needs, pathOf } from '../support/programs.ts';
import { Prometheus } from '../support/prometheus.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(90_000);

const TOKEN = '0123456789abcdef';
const RULES = join(import.meta.dir, '../../deploy/prometheus/keystone.yml');
const GOOD = 120;
const ABSENT = 30;
const FAILED = 7;

/** Asks for the text format, whatever Prometheus itself would rather have. */
class TextAlone implements Disposable {
  private readonly server: ReturnType<typeof Bun.serve>;

  constructor(metrics: string) {
    this.server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async () => await fetch(metrics, { headers: { authorization: `Bearer ${TOKEN}`, accept: 'text/plain' } }),
    });
  }

  get port(): number {
    return this.server.port ?? 0;
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }
}

function configOf(adminPort: number, textPort: number): string {
  return [
    'global: { scrape_interval: 1s, evaluation_interval: 1s }',
    'rule_files: [keystone.yml]',
    'scrape_configs:',
    '  - job_name: keystone',
    '    authorization: { credentials_file: keystone-token }',
    `    static_configs: [{ targets: ["127.0.0.1:${adminPort}"] }]`,
    '  - job_name: text',
    `    static_configs: [{ targets: ["127.0.0.1:${textPort}"] }]`,
    '',
  ].join('\n');
}

async function ask(url: string, host: string, count: number, status: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const response = await fetch(url, { headers: { host } });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  }
}

async function yamlFor(url: string): Promise<string> {
  const tenant = (name: string, service: string): string =>
    `  - { name: ${name}, domains: [${name}.test], services: [{ name: one, url: "${service}" }] }\n`;
  return [
    `admin: { tokens: ["${TOKEN}"], max_body: 1MiB }\n`,
    'defaults: { outlier_ejection: { enabled: false }, retry: { attempts: 0 } }\n',
    'tenants:\n',
    tenant('shop', url),
    tenant('blog', url),
    tenant('down', `http://127.0.0.1:${freePort()}`),
  ].join('');
}

describe.skipIf(!needs('prometheus', 'promtool'))('Prometheus', () => {
  test('has what the client has counted, in OpenMetrics and in text, and evaluates the rules', async () => {
    using origin = new Origin('one', (request) => {
      const isAbsent = new URL(request.url).pathname === '/absent';
      return new Response('well', { status: isAbsent ? 404 : 200 });
    });
    await using gateway = await GatewayProcess.start(await yamlFor(origin.url));
    using text = new TextAlone(`http://127.0.0.1:${gateway.adminPort}/metrics`);
    await ask(gateway.url, 'shop.test', GOOD, 200);
    await ask(`${gateway.url}/absent`, 'blog.test', ABSENT, 404);
    await ask(gateway.url, 'down.test', FAILED, 502);
    await using prometheus = await Prometheus.start(configOf(gateway.adminPort, text.port), {
      'keystone.yml': await readFile(RULES, 'utf8'),
      'keystone-token': TOKEN,
    });
    const sums = async (question: string): Promise<Readonly<Record<string, number>>> =>
      Object.fromEntries(
        (await prometheus.query(`sum by (job) (${question})`)).map(({ labels, value }) => [labels['job'], value]),
      );
    const all = GOOD + ABSENT + FAILED;
    const isWhole = async (): Promise<boolean> => {
      const { keystone, text: plain } = await sums('keystone_requests_total');
      return keystone === all && plain === all;
    };
    await until(isWhole, 'both jobs have all').catch(async () => {
      throw new Error(JSON.stringify(await prometheus.ask('targets')));
    });
    const both = (count: number): Readonly<Record<string, number>> => ({ keystone: count, text: count });
    expect(await sums('up')).toEqual(both(1));
    expect(await sums('keystone_requests_total{tenant="shop",status_class="2xx"}')).toEqual(both(GOOD));
    expect(await sums('keystone_requests_total{tenant="blog",status_class="4xx"}')).toEqual(both(ABSENT));
    expect(await sums('keystone_failures_total{tenant="down",code="connect-refused"}')).toEqual(both(FAILED));
    expect(await sums('keystone_request_duration_seconds_count')).toEqual(both(all));
    expect(await sums('keystone_request_duration_seconds_bucket{le="+Inf"}')).toEqual(both(all));
    const [median] = await prometheus.query(
      'histogram_quantile(0.5, sum by (le) (keystone_request_duration_seconds_bucket{job="keystone"}))',
    );
    expect(median?.value).toBeGreaterThan(0);
    const rules = JSON.stringify(await prometheus.ask('rules'));
    expect(rules.match(/"health":"ok"/g)?.length).toBeGreaterThan(10);
    expect(rules).not.toMatch(/"health":"err"|"lastError"/);
    // Only OpenMetrics knows this type.
    const known = JSON.stringify(await prometheus.ask('targets/metadata?metric=keystone_backend'));
    expect(known).toContain('"type":"info"');
  });

  test('finds nothing wrong with names, units and help of traffic of all kinds', async () => {
    using origin = new Origin('one');
    await using gateway = await GatewayProcess.start(await yamlFor(origin.url));
    await ask(gateway.url, 'shop.test', 5, 200);
    await ask(gateway.url, 'down.test', 2, 502);
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/plain' };
    const answer = await fetch(`${gateway.admin}/metrics`, { headers });
    const promtool = Bun.spawn([pathOf('promtool') ?? '', 'check', 'metrics'], {
      stdin: await answer.blob(),
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const said = await new Response(promtool.stderr).text();
    expect({ code: await promtool.exited, said }).toEqual({ code: 0, said: '' });
  });
});
