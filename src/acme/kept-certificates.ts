// What ACME keeps in the state directory: an account for each authority, and for each host its certificate, or why it has none.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readTlsFiles } from '../config/tls-files.ts';
import type { Certificate } from '../core/certificate.ts';
import { errorOf } from '../core/error-of.ts';
import type { AcmeAccount } from './contract.ts';

/** Files that nobody but their owner reads, written whole or not at all. Promises reject with the system's error. */
export type KeptFiles = {
  readonly path: string;
  /** Null: there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, content: Uint8Array): Promise<void>;
  list(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
};

const FORMAT = 1;

const hostFile = z.object({
  format: z.literal(FORMAT),
  host: z.string(),
  certificate: z.nullable(z.object({ directory: z.string(), cert: z.string(), key: z.string() })),
  failures: z.number().int().min(0),
  not_before: z.number().min(0),
  on_demand: z.boolean().default(false),
});

const accountFile = z.object({ format: z.literal(FORMAT), directory: z.string(), key: z.string(), url: z.string() });

/** What is known of a host over a restart. `directory`: of the authority that has given the certificate. */
export type KeptHost = {
  readonly host: string;
  readonly certificate: (Certificate & { readonly directory: string }) | null;
  readonly failures: number;
  readonly notBefore: number;
  /** A client has asked for it. */
  readonly onDemand: boolean;
};

const HOSTS = 'acme-host-';
const ACCOUNTS = 'acme-account-';
const LONGEST_NAME = 200;

export class KeptCertificates {
  constructor(
    private readonly files: KeptFiles,
    private readonly ignored: (name: string, reason: string) => void,
  ) {}

  /** All hosts. A file that cannot be used is as if it were not there. */
  async hosts(): Promise<ReadonlyMap<string, KeptHost>> {
    const hosts = new Map<string, KeptHost>();
    for (const name of await this.list()) {
      if (!name.startsWith(HOSTS)) continue;
      const kept = await this.readHost(name);
      if (kept !== null) hosts.set(kept.host, kept);
    }
    return hosts;
  }

  private async list(): Promise<readonly string[]> {
    return this.files.list().catch((error: unknown) => {
      this.ignored('', errorOf(error).message);
      return [];
    });
  }

  private async readHost(name: string): Promise<KeptHost | null> {
    const file = await this.readJson(name, hostFile);
    if (file === null) return null;
    const { host, certificate: pems, failures, not_before: notBefore, on_demand: onDemand } = file;
    if (pems === null) return { host, certificate: null, failures, notBefore, onDemand };
    const certificate = await this.certificateOf(host, pems);
    if (typeof certificate !== 'string')
      return { host, certificate: { ...certificate, directory: pems.directory }, failures, notBefore, onDemand };
    this.ignored(name, certificate);
    return null;
  }

  /** A certificate as the gateway uses it; a text says why it cannot. */
  async certificateOf(
    host: string,
    { cert, key }: { readonly cert: string; readonly key: string },
  ): Promise<Certificate | string> {
    const files = { certFile: `${this.files.path}/${nameOf(host)}`, keyFile: 'its key' };
    const read = await readTlsFiles(files, (file) =>
      Promise.resolve(Buffer.from(file === files.certFile ? cert : key)),
    );
    if (read.ok) return read.value.certificate;
    return read.error.map(({ message }) => message.replaceAll('{value}', 'it')).join('; ');
  }

  async writeHost({ host, certificate, failures, notBefore, onDemand }: KeptHost): Promise<void> {
    const pems =
      certificate === null ? null : { directory: certificate.directory, cert: certificate.cert, key: certificate.key };
    const file: z.input<typeof hostFile> = {
      format: FORMAT,
      host,
      certificate: pems,
      failures,
      not_before: notBefore,
      on_demand: onDemand,
    };
    await this.writeJson(nameOf(host), file);
  }

  async removeHost(host: string): Promise<void> {
    await this.files.remove(nameOf(host));
  }

  /** `id`: of what the account is bound to; null: nothing. Null: there is none yet. */
  async account(directory: string, id: string | null): Promise<AcmeAccount | null> {
    const file = await this.readJson(accountName(directory, id), accountFile);
    return file?.directory === directory ? { directory, key: file.key, url: file.url } : null;
  }

  async writeAccount({ directory, key, url }: AcmeAccount, id: string | null): Promise<void> {
    const file: z.input<typeof accountFile> = { format: FORMAT, directory, key, url };
    await this.writeJson(accountName(directory, id), file);
  }

  private async readJson<T>(name: string, schema: z.ZodType<T>): Promise<T | null> {
    try {
      const content = await this.files.read(name);
      return content === null ? null : schema.parse(JSON.parse(new TextDecoder().decode(content)));
    } catch (error) {
      // What a parser says may quote a key.
      this.ignored(
        name,
        error instanceof SyntaxError || error instanceof z.ZodError ? 'it is damaged' : errorOf(error).message,
      );
      return null;
    }
  }

  private async writeJson(name: string, value: object): Promise<void> {
    await this.files.write(name, Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  }
}

// A host may be longer than the name of a file.
function nameOf(host: string): string {
  const plain = host.replace('*', '_');
  return `${HOSTS}${plain.length > LONGEST_NAME ? digest(host) : plain}.json`;
}

function accountName(directory: string, id: string | null): string {
  return `${ACCOUNTS}${digest(JSON.stringify([directory, id]))}.json`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
