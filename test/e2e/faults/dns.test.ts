// Names that lead elsewhere while requests flow.
import { describe, expect, test } from 'bun:test';
import { type DnsRecord, DnsServer } from '../../support/dns-server.ts';
import { FaultStage, UNHARMED } from '../../support/fault-stage.ts';
import { NginxOrigin } from '../../support/nginx-origin.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const NAME = '_http._tcp.app.test';

function records(origins: readonly NginxOrigin[]): DnsRecord[] {
  return origins.map(({ port }) => ({ type: 'SRV', ttl: 1, priority: 0, weight: 1, port, target: 'host.test' }));
}

describe.if(needs('nginx', 'wrk'))('a name whose backends change under load', () => {
  test('costs no request: new ones come, old ones go and are stopped, the name is lost for a while', async () => {
    await using a = await NginxOrigin.start('a');
    await using b = await NginxOrigin.start('b');
    await using c = await NginxOrigin.start('c');
    await using dns = await DnsServer.start();
    dns.zones.set('host.test', [{ type: 'A', ttl: 1, address: '127.0.0.1' }]);
    dns.zones.set(NAME, records([a, b]));
    const yaml = `dns: { servers: ["${dns.address}"], max_ttl: 1s }
tenants:
  - name: main
    path_prefix: "/lb/"
    health_interval: 1
    services: [{ name: app, url: "http://${NAME}", health: /health, discover: srv }]
`;
    await using stage = await FaultStage.with(yaml, 2);
    await using load = stage.load();
    await load.flows();
    const has = (origins: readonly NginxOrigin[]): Promise<void> =>
      until(async () => {
        const urls = (await stage.tenant()).backends.map(({ url }) => url);
        return urls.length === origins.length && origins.every(({ url }) => urls.includes(url));
      }, 'the backends are those of the name');
    dns.zones.set(NAME, records([b, c]));
    await has([b, c]);
    await stage.untilHealthy(2);
    await a.stop('SIGQUIT');
    await load.flows();
    dns.zones.set(NAME, 'servfail');
    await until(async () => (await stage.tenant()).names[0]?.state === 'stale', 'the loss is noticed');
    await load.flows();
    dns.zones.set(NAME, records([c]));
    await has([c]);
    await b.stop('SIGQUIT');
    expect(await load.end()).toMatchObject(UNHARMED);
  });
});
