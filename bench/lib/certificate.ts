// Makes a self-signed P-256 certificate, in the forms that the programs under test want.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './processes.ts';

/** Paths of PEM files. */
export type Certificate = {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy reads them. */
  readonly combinedFile: string;
};

/** Makes a certificate for 127.0.0.1 inside the stage's directory. */
export async function makeCertificate(stage: Stage): Promise<Certificate> {
  const certificateFile = join(stage.directory, 'certificate.pem');
  const keyFile = join(stage.directory, 'key.pem');
  const combinedFile = join(stage.directory, 'combined.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  await stage.run({ argv: ['openssl', 'req', '-x509', ...key, ...subject, '-out', certificateFile], core: null });
  writeFileSync(combinedFile, readFileSync(certificateFile, 'utf8') + readFileSync(keyFile, 'utf8'));
  return { certificateFile, keyFile, combinedFile };
}
