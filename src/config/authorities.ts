// The certificates of private authorities, from the files that services, `client_auth` and `acme` name.
import { type Result, err, ok } from '../core/result.ts';
import { bytes } from '../core/units.ts';
import type { Authorities } from './backend-tls.ts';
import type { Finding } from './finding.ts';
import { type ReadFile, readLimited } from './read-file.ts';
import type { Config, ServiceConfig, TenantConfig } from './schema.ts';

/** All authorities of a system have some 250 KiB. */
const LARGEST_PEM = bytes(1024 * 1024);

type Naming = { readonly path: Finding['path']; readonly file: string };

/** Reads each file once. The error has a finding for every service that names a bad one. */
export async function readAuthorities(
  config: Config,
  readFile: ReadFile,
): Promise<Result<Authorities, readonly Finding[]>> {
  const namings = [...clientAuthorities(config), ...acmeAuthorities(config), ...config.tenants.flatMap(namingsOf)];
  const files = [...new Set(namings.map(({ file }) => file))];
  const read = new Map(
    await Promise.all(files.map(async (file) => [file, await readAuthority(file, readFile)] as const)),
  );
  const findings: Finding[] = [];
  const authorities = new Map<string, string>();
  for (const { file, path } of namings) {
    const content = read.get(file);
    if (content?.ok === true) authorities.set(file, content.value);
    else findings.push({ path, message: `{value} ${content?.error ?? 'has not been read'}`, expected: EXPECTED });
  }
  return findings.length === 0 ? ok(authorities) : err(findings);
}

// Of certificates of clients.
function clientAuthorities({ tls, tenants }: Config): readonly Naming[] {
  return [
    ...caOf(tls?.client_auth, ['tls', 'client_auth']),
    ...tenants.flatMap((tenant, at) => caOf(tenant.tls?.client_auth, ['tenants', at, 'tls', 'client_auth'])),
  ];
}

// Of directories of ACME.
function acmeAuthorities({ acme }: Config): readonly Naming[] {
  return (acme?.directories ?? []).flatMap(({ ca_file: file = null }, at) =>
    file === null ? [] : [{ path: ['acme', 'directories', at, 'ca_file'], file }],
  );
}

function caOf(
  named: { readonly mode: string; readonly ca_file?: string | null } | undefined,
  above: Finding['path'],
): readonly Naming[] {
  const file = named?.ca_file ?? null;
  return file === null || named?.mode === 'none' ? [] : [{ path: [...above, 'ca_file'], file }];
}

function namingsOf(tenant: TenantConfig, at: number): readonly Naming[] {
  return [
    ...namingsIn(tenant.services, ['tenants', at]),
    ...Object.entries(tenant.pools).flatMap(([pool, { services }]) =>
      namingsIn(services, ['tenants', at, 'pools', pool]),
    ),
  ];
}

function namingsIn(services: readonly ServiceConfig[], above: Finding['path']): readonly Naming[] {
  return services.flatMap(({ tls }, at): readonly Naming[] => {
    const file = tls?.ca_file ?? null;
    return file === null ? [] : [{ path: [...above, 'services', at, 'tls', 'ca_file'], file }];
  });
}

const EXPECTED = 'a PEM file with certificates of authorities';

async function readAuthority(file: string, readFile: ReadFile): Promise<Result<string, string>> {
  const content = await readLimited(file, LARGEST_PEM, readFile);
  if (!content.ok) return content;
  const pem = new TextDecoder().decode(content.value);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return err('has no certificate in PEM');
  // node:tls takes milliseconds to load, so only a configuration with such a file loads it.
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext({ ca: pem });
    return ok(pem);
  } catch {
    return err('is damaged');
  }
}
