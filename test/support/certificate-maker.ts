// Certificates, authorities and keys of all kinds, made by openssl in a folder of their own. Their keys protect nothing.
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type MadePair = { readonly cert: string; readonly key: string };

type Wanted = {
  /** Hosts; the first is its common name. */
  readonly names: readonly string[];
  readonly days?: number;
  readonly kind?: 'ec' | 'rsa';
  /** Absent: it vouches for itself. */
  readonly issuer?: MadePair;
  readonly isAuthority?: boolean;
};

/** A folder with certificates. Disposing removes it. */
export class CertificateMaker implements AsyncDisposable {
  private count = 0;

  private constructor(readonly folder: string) {}

  static async open(): Promise<CertificateMaker> {
    return new CertificateMaker(await mkdtemp(join(tmpdir(), 'keystone-test-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes a pair. `cert` and `key` are where it goes, each put there at once; absent: new files. */
  async make(
    wanted: Wanted,
    cert = this.path(`${++this.count}.crt`),
    key = cert.replace(/\.crt$/, '.key'),
  ): Promise<MadePair> {
    const { names, days = 90, kind = 'ec', issuer, isAuthority = false } = wanted;
    const [newCert, newKey, request, extensions] = ['.crt', '.key', '.csr', '.ext'].map((end) =>
      this.path(`new${end}`),
    );
    await writeFile(
      extensions ?? '',
      [
        `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
        `subjectAltName=${names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')}`,
        'subjectKeyIdentifier=hash',
        ...(isAuthority ? ['keyUsage=keyCertSign,cRLSign'] : []),
      ].join('\n'),
    );
    const keyKind = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
    const subject = `/CN=${names[0] ?? ''}`;
    await openssl('req', '-new', '-newkey', ...keyKind, '-nodes', '-subj', subject, '-keyout', newKey, '-out', request);
    const signer =
      issuer === undefined ? ['-signkey', newKey] : ['-CA', issuer.cert, '-CAkey', issuer.key, '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-days',
      String(days),
      ...signer,
      '-extfile',
      extensions,
      '-out',
      newCert,
    );
    await move(newCert ?? '', cert);
    await move(newKey ?? '', key);
    return { cert, key };
  }

  /** Puts the texts of files one after the other into another one. */
  async join(target: string, ...files: readonly string[]): Promise<string> {
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    await writeFile(target, texts.join(''));
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function openssl(...words: readonly (string | undefined)[]): Promise<void> {
  const command = ['openssl', ...words.map((word) => word ?? '')];
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}: ${errors}`);
}

// It may be on another disk.
async function move(from: string, to: string): Promise<void> {
  await copyFile(from, `${to}.new`);
  await rename(`${to}.new`, to);
}
