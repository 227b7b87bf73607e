// Makes the certificates that an example names, with an authority that a client can believe.
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CertificateMaker, type MadePair } from './certificate-maker.ts';

/** Makes them where the text has them, below a directory. Returns the file of the authority. */
export async function certify(directory: string, text: string): Promise<string> {
  await using maker = await CertificateMaker.open();
  const authority = await maker.make({ names: ['authority'], isAuthority: true }, join(directory, 'authority.crt'));
  const pairs = text.matchAll(/cert_file: "?([^\s,}"]+)"?,?\s+(?:#.*\n\s+)?key_file: "?([^\s,}"]+)/g);
  // Others are not made: the example does without them.
  for (const [, cert = '', key = ''] of pairs)
    if (cert.startsWith(directory)) await issue(maker, { cert, key }, authority);
  const domains = Array.from(text.matchAll(/domains: \["([^"]+)"\]/g), ([, domain = '']) => domain.replace('*.', ''));
  for (const [, folder = ''] of text.matchAll(/folder: "?([^\s,}"]+)/g))
    for (const domain of domains) await issueInto(maker, { folder, domain }, authority);
  return authority.cert;
}

async function issue(maker: CertificateMaker, { cert, key }: MadePair, issuer: MadePair): Promise<void> {
  await mkdir(dirname(cert), { recursive: true });
  const file = basename(cert) === 'fullchain.pem' ? basename(dirname(cert)) : basename(cert);
  const name = file.replace(/\.(?:crt|pem)$/, '');
  await maker.make({ names: [name, `*.${name}`], issuer }, cert, key);
}

// As certbot has them, or each in one file with its key, as HAProxy wants them.
async function issueInto(
  maker: CertificateMaker,
  { folder, domain }: { readonly folder: string; readonly domain: string },
  issuer: MadePair,
): Promise<void> {
  if (folder.includes('letsencrypt')) {
    const [cert, key] = [`${folder}/${domain}/fullchain.pem`, `${folder}/${domain}/privkey.pem`];
    return issue(maker, { cert, key }, issuer);
  }
  const own = await maker.make({ names: [domain], issuer });
  await mkdir(folder, { recursive: true });
  await maker.join(`${folder}/${domain}.pem`, own.cert, own.key);
}
