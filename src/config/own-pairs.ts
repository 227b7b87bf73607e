// The certificates by which the gateway proves to backends who it is, from the files that services name.
import type { KeyPair } from '../core/certificate-source.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type OwnPairs, pairName } from './backend-tls.ts';
import type { Finding } from './finding.ts';
import type { ReadFile } from './read-file.ts';
import type { Config, ServiceConfig } from './schema.ts';
import { type TlsFiles, readTlsFiles } from './tls-files.ts';

type Naming = { readonly path: Finding['path']; readonly files: TlsFiles };

/** Reads each pair once. The error has the findings of every service that names a bad one. */
export async function readOwnPairs(config: Config, readFile: ReadFile): Promise<Result<OwnPairs, readonly Finding[]>> {
  const namings = config.tenants.flatMap(({ services, pools }, at) => [
    ...namingsIn(services, ['tenants', at]),
    ...Object.entries(pools).flatMap(([pool, own]) => namingsIn(own.services, ['tenants', at, 'pools', pool])),
  ]);
  const named = Map.groupBy(namings, ({ files }) => pairName(files.certFile, files.keyFile));
  const findings: Finding[] = [];
  const pairs = new Map<string, KeyPair>();
  for (const [name, [first, ...others]] of named) {
    if (first === undefined) continue;
    const read = await readTlsFiles(first.files, readFile, first.path);
    if (read.ok) pairs.set(name, { cert: read.value.certificate.cert, key: read.value.certificate.key });
    else findings.push(...[first, ...others].flatMap(({ path }) => read.error.map((finding) => under(path, finding))));
  }
  return findings.length === 0 ? ok(pairs) : err(findings);
}

function under(path: Finding['path'], finding: Finding): Finding {
  return { ...finding, path: [...path, ...finding.path.slice(-1)] };
}

function namingsIn(services: readonly ServiceConfig[], above: Finding['path']): readonly Naming[] {
  return services.flatMap(({ tls }, at): readonly Naming[] => {
    const { cert_file: certFile = null, key_file: keyFile = null } = tls ?? {};
    if (certFile === null || keyFile === null) return [];
    return [{ path: [...above, 'services', at, 'tls'], files: { certFile, keyFile } }];
  });
}
