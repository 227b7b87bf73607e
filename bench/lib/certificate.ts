// Makes a P-256 certificate and an authority that has signed it, in the forms that the programs under test want.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './processes.ts';

/** Paths of PEM files. */
export type Certificate = {
  /** The certificate, then the authority's. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificates and key in one file, as HAProxy reads them. */
  readonly combinedFile: string;
};

// As authorities give them: nobody's browser knows the authority that has signed the certificate, so it is sent along.
const AUTHORITY = ['-subj', '/CN=An authority', '-addext', 'basicConstraints=critical,CA:TRUE'];
const OWNER = [
  '-subj',
  '/CN=127.0.0.1',
  '-addext',
  'subjectAltName=IP:127.0.0.1',
  '-addext',
  'basicConstraints=CA:FALSE',
];

/** Makes a certificate for 127.0.0.1 inside the stage's directory, with its authority's. */
export async function makeCertificate(stage: Stage): Promise<Certificate> {
  const at = (name: string): string => join(stage.directory, `${name}.pem`);
  const make = async (name: string, facts: readonly string[]): Promise<void> => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}-key`)];
    await stage.run({
      argv: ['openssl', 'req', '-x509', ...key, ...facts, '-days', '2', '-out', at(name)],
      core: null,
    });
  };
  await make('authority', AUTHORITY);
  await make('owner', [...OWNER, '-CA', at('authority'), '-CAkey', at('authority-key')]);
  const chain = readFileSync(at('owner'), 'utf8') + readFileSync(at('authority'), 'utf8');
  writeFileSync(at('chain'), chain);
  writeFileSync(at('combined'), chain + readFileSync(at('owner-key'), 'utf8'));
  return { certificateFile: at('chain'), keyFile: at('owner-key'), combinedFile: at('combined') };
}
