// A gateway without tenants that speaks TLS.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from './certificates.ts';
import { GatewayProcess } from './gateway-process.ts';

/** `settings`: lines of its configuration. */
export async function withTls(settings: string, use: (gateway: GatewayProcess) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  try {
    await writeFile(join(directory, 'c.pem'), FIRST.certificate);
    await writeFile(join(directory, 'k.pem'), FIRST.key);
    const tls = `tls: { cert_file: ${directory}/c.pem, key_file: ${directory}/k.pem }\n`;
    await using gateway = await GatewayProcess.start(`${tls}${settings}tenants: []\n`);
    await use(gateway);
  } finally {
    await rm(directory, { recursive: true });
  }
}
