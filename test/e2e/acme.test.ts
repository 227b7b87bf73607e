// Certificates that a gateway gets and renews by itself, beside pebble: how hosts are proved, what clients are shown, and what
// becomes of it over a restart and with authorities that do not behave.
import { describe, expect, test } from 'bun:test';
import { type TLSSocket, connect } from 'node:tls';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Pebble, type PebbleOptions } from '../support/pebble.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const LONG = 60_000;
const PATIENCE = 30_000;

/** A tenant that answers by itself. */
function tenant(name: string, domains: readonly string[], more = ''): string {
  const hosts = domains.map((one) => `"${one}"`).join(', ');
  return `  - name: ${name}\n    domains: [${hosts}]\n    services: []\n    routes: [{ match: { path_prefix: / }, static: { body: "${name}\\n" } }]\n${more}`;
}

/** A gateway with a plain and a TLS listener, and the authority that it asks. */
class Stage implements AsyncDisposable {
  private constructor(
    readonly pebble: Pebble,
    readonly http: number,
    readonly https: number,
  ) {}

  static async open(options: PebbleOptions = {}): Promise<Stage> {
    const [http, https] = [await freePort(), await freePort()];
    return new Stage(await Pebble.start({ httpPort: http, tlsPort: https, ...options }), http, https);
  }

  /** `plain`: more settings of the plain listener; `acme`: of `acme`; `before`: directories that are asked first. */
  config(
    tenants: string,
    {
      plain = '',
      acme = '',
      before = '',
      more = '',
    }: { readonly plain?: string; readonly acme?: string; readonly before?: string; readonly more?: string } = {},
  ): string {
    const { url, caFile } = this.pebble;
    return `acme: { email: admin@example.com, retry_after: 1s, directories: [${before}{ url: "${url}", ca_file: "${caFile}" }]${acme} }
listeners:
  - { address: "127.0.0.1:${this.http}"${plain} }
  - { address: "127.0.0.1:${this.https}", tls: true }
${more}tenants:
${tenants}`;
  }

  /** The serial number of the certificate that a client is shown whom the authority has convinced; null: it gets nowhere. */
  async shown(host: string): Promise<string | null> {
    const socket = await this.connect(host);
    const serial = socket?.getPeerCertificate().serialNumber ?? null;
    socket?.destroy();
    return serial;
  }

  async connect(host: string): Promise<TLSSocket | null> {
    const ca = await this.pebble.root();
    const socket = connect({ port: this.https, host: '127.0.0.1', servername: host, ca });
    return new Promise((resolve) => {
      socket.once('secureConnect', () => resolve(socket.authorized ? socket : null)).on('error', () => resolve(null));
    });
  }

  async isShown(host: string): Promise<void> {
    await until(async () => (await this.shown(host)) !== null, `${host} has a certificate`, PATIENCE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pebble[Symbol.asyncDispose]();
  }
}

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('a gateway with acme', () => {
  test(
    'gets a certificate for every host without files, keeps it to itself, and says when it comes to the next',
    async () => {
      await using stage = await Stage.open();
      await using gateway = await GatewayProcess.start(
        stage.config(
          tenant('shop', ['shop.test', 'www.shop.test']) + tenant('out', ['out.test'], '    tls: { acme: false }\n'),
        ),
      );
      await stage.isShown('shop.test');
      await stage.isShown('www.shop.test');
      expect(await stage.shown('out.test')).toBeNull();
      const { certificates } = (await (await fetch(`${gateway.admin}/certificates`)).json()) as {
        certificates: Record<string, unknown>[];
      };
      expect(certificates.map(({ source, names, problem }) => [source, names, problem])).toEqual(
        expect.arrayContaining([
          ['acme', ['shop.test'], null],
          ['acme', ['www.shop.test'], null],
        ]),
      );
      for (const { next_renewal: next } of certificates) expect(Date.parse(String(next))).toBeGreaterThan(Date.now());
      expect(gateway.errors).toContain('certificate_obtained');
    },
    LONG,
  );
});
