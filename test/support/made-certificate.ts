// Certificates with names and an end that a test chooses, made by openssl. Their keys protect nothing.
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key in files of their own. Disposing removes them. */
export class MadeCertificate implements AsyncDisposable {
  private constructor(private readonly directory: string) {}

  static async make(name: string, days: number): Promise<MadeCertificate> {
    const made = new MadeCertificate(await mkdtemp(join(tmpdir(), 'keystone-test-')));
    await made.renew(name, days);
    return made;
  }

  get cert(): string {
    return join(this.directory, 'cert.pem');
  }

  get key(): string {
    return join(this.directory, 'key.pem');
  }

  /** Puts another certificate and its key into the files, as a program for certificates does. */
  async renew(name: string, days: number): Promise<void> {
    const [cert, key] = [`${this.cert}.new`, `${this.key}.new`];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days)];
    const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},DNS:www.${name}`];
    const command = ['openssl', 'req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert];
    const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
    const errors = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(errors);
    await rename(cert, this.cert);
    await rename(key, this.key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
