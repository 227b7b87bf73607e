// A gateway that gets certificates from pebble.
import { type TLSSocket, connect } from 'node:tls';
import { Pebble, type PebbleOptions } from './pebble.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

const PATIENCE = 30_000;

/** A tenant that answers by itself. */
export function tenant(name: string, domains: readonly string[], more = ''): string {
  const hosts = domains.map((one) => `"${one}"`).join(', ');
  return `  - name: ${name}\n    domains: [${hosts}]\n    services: []\n    routes: [{ match: { path_prefix: / }, static: { body: "${name}\\n" } }]\n${more}`;
}

/** A gateway with a plain and a TLS listener, and the authority that it asks. */
export class AcmeStage implements AsyncDisposable {
  private constructor(
    readonly pebble: Pebble,
    readonly http: number,
    readonly https: number,
  ) {}

  static async open(options: PebbleOptions = {}): Promise<AcmeStage> {
    const [http, https] = [freePort(), freePort()];
    return new AcmeStage(await Pebble.start({ httpPort: http, tlsPort: https, ...options }), http, https);
  }

  /** `plain`: more settings of the plain listener; `acme`: of `acme`; `before`: directories that are asked first; `only`: in
   * place of pebble's. */
  config(
    tenants: string,
    {
      plain = '',
      acme = '',
      before = '',
      only = `{ url: "${this.pebble.url}", ca_file: "${this.pebble.caFile}" }`,
    }: { readonly plain?: string; readonly acme?: string; readonly before?: string; readonly only?: string } = {},
  ): string {
    return `acme: { email: admin@example.com, retry_after: 1s, directories: [${before}${only}]${acme} }
listeners:
  - { address: "127.0.0.1:${this.http}"${plain} }
  - { address: "127.0.0.1:${this.https}", tls: true }
tenants:
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
