// An ACME server: Let's Encrypt's pebble, with a DNS of its own in which every name is 127.0.0.1.
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MadeCertificate } from './made-certificate.ts';
import { accepts, freePort } from './ports.ts';
import { until } from './until.ts';

export type PebbleOptions = {
  /** Where it looks for what proves a name. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** Accounts must be bound to one of these: names and keys, base64url. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Of the certificates, in seconds. */
  readonly lifetime?: number;
  /** Names that it issues nothing for. */
  readonly blocked?: readonly string[];
  /** How many percent of good nonces it refuses. */
  readonly refusedNonces?: number;
};

type Child = Bun.Subprocess<'ignore', 'ignore', 'ignore'>;

export class Pebble implements AsyncDisposable {
  private readonly children: Child[] = [];

  private constructor(
    private readonly directory: string,
    private readonly certificate: MadeCertificate,
    private readonly ports: {
      readonly acme: number;
      readonly management: number;
      readonly dns: number;
      readonly names: number;
    },
  ) {
    process.on('exit', this.onExit);
  }

  private readonly onExit = (): void => {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };

  static async start(options: PebbleOptions = {}): Promise<Pebble> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-pebble-'));
    const ports = {
      acme: freePort(),
      management: freePort(),
      dns: freePort(),
      names: freePort(),
    };
    const pebble = new Pebble(directory, await MadeCertificate.make('localhost', 30), ports);
    try {
      await pebble.run(options);
    } catch (error) {
      await pebble[Symbol.asyncDispose]();
      throw error;
    }
    return pebble;
  }

  /** Of its directory. */
  get url(): string {
    return `https://localhost:${this.ports.acme}/dir`;
  }

  /** The file with the certificate that it shows to clients. */
  get caFile(): string {
    return this.certificate.cert;
  }

  get ca(): Promise<string> {
    return readFile(this.caFile, 'utf8');
  }

  /** The certificate that its certificates lead to, PEM. */
  async root(): Promise<string> {
    const answer = await fetch(`https://127.0.0.1:${this.ports.management}/roots/0`, {
      tls: { rejectUnauthorized: false },
    });
    return answer.text();
  }

  /** Shows a TXT record; `value` null: no more. */
  async setTxt(record: string, value: string | null): Promise<void> {
    const body = JSON.stringify({ host: `${record}.`, ...(value === null ? {} : { value }) });
    await fetch(`http://127.0.0.1:${this.ports.names}/${value === null ? 'clear' : 'set'}-txt`, {
      method: 'POST',
      body,
    });
  }

  /** Where its DNS is managed, for programs that set records. */
  get namesUrl(): string {
    return `http://127.0.0.1:${this.ports.names}`;
  }

  private async run(options: PebbleOptions): Promise<void> {
    const { acme, management, dns, names } = this.ports;
    const { httpPort = 1, tlsPort = 1, bindings, lifetime, blocked = [], refusedNonces = 5 } = options;
    const config = {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: this.certificate.cert,
      privateKey: this.certificate.key,
      httpPort,
      tlsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: bindings !== undefined,
      externalAccountMACKeys: bindings ?? {},
      domainBlocklist: blocked,
      ...(lifetime === undefined ? {} : { certificateValidityPeriod: lifetime }),
    };
    const file = join(this.directory, 'config.json');
    await writeFile(file, JSON.stringify({ pebble: config }));
    const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
    this.start(['pebble-challtestsrv', '-dns01', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${names}`, ...off], {});
    await until(() => accepts(names), 'the DNS of pebble listens');
    this.start(['pebble', '-config', file, '-dnsserver', `127.0.0.1:${dns}`], {
      PEBBLE_VA_NOSLEEP: '1',
      PEBBLE_WFE_NONCEREJECT: String(refusedNonces),
      PEBBLE_AUTHZREUSE: '0',
    });
    await until(() => accepts(acme), 'pebble listens');
  }

  private start(command: readonly string[], environment: Readonly<Record<string, string>>): void {
    const env = { ...process.env, ...environment };
    this.children.push(Bun.spawn([...command], { env, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }));
  }

  /** It does not answer any more, until it is thawed. */
  freeze(): void {
    for (const child of this.children) child.kill('SIGSTOP');
  }

  thaw(): void {
    for (const child of this.children) child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.onExit);
    for (const child of this.children) child.kill('SIGKILL');
    await Promise.all(this.children.map(({ exited }) => exited));
    await this.certificate[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}
