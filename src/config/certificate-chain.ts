// The certificates of a file: the gateway's own, and those of its issuers.
import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const BEGINNING = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** In the order of the file. Throws where one is damaged. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length < (pem.match(BEGINNING)?.length ?? 1)) throw new Error('a certificate is cut off');
  return blocks.map((block) => new X509Certificate(block));
}

/** Why clients may refuse it. The first certificate is the gateway's own. */
export function doubtsAbout(chain: readonly X509Certificate[]): readonly string[] {
  const broken = chain.findIndex((one, at) => !isFollowedByIssuer(one, chain[at + 1]));
  const one = chain[broken];
  if (one === undefined) return aloneDoubts(chain);
  const issuer = nameOf(one.issuer);
  const isElsewhere = chain.some((other) => other !== one && one.checkIssued(other));
  const why = isElsewhere
    ? `has its certificates in the wrong order: that of ${issuer} must follow number ${broken + 1}, which it has issued`
    : `is incomplete: after number ${broken + 1}, the certificate of its issuer ${issuer} is missing`;
  return [`{value} ${why}`];
}

function isFollowedByIssuer(one: X509Certificate, next: X509Certificate | undefined): boolean {
  return next === undefined || one.checkIssued(next);
}

// A certificate that an authority has issued needs the authorities between it and the ones that clients know. Authorities
// that everybody knows issue none for hosts by themselves, so that one without company lacks something, unless its authority
// is a private one that its clients know: that is for people to judge.
function aloneDoubts(chain: readonly X509Certificate[]): readonly string[] {
  const [only] = chain;
  if (only === undefined || chain.length > 1 || only.issuer === only.subject) return [];
  return [
    `{value} may be incomplete: it has no certificate of its issuer ${nameOf(only.issuer)}, and clients that do not know that one refuse it`,
  ];
}

function nameOf(name: string): string {
  const [, common = name.replaceAll('\n', ', ')] = /(?:^|\n)CN=(.*)/.exec(name) ?? [];
  return common;
}
