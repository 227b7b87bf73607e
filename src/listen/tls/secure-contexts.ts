// What the runtime makes of a certificate and its rules: once for each, for all listeners, so that a session that began at one
// of them is taken up again at another.
import {
  INTERMEDIATE,
  INTERMEDIATE_CIPHERS,
  type KeyPair,
  type ServedCertificate,
  type TlsPolicy,
} from '../../core/certificate-source.ts';

/** The runtime's own, which it says nothing about. */
export type SecureContext = object;

const BEGIN = '-----BEGIN CERTIFICATE-----';
const SSL_OP_NO_TICKET = 0x4000;

const VERSIONS = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

// With the object that they are made of, they go as well.
const ofServed = new WeakMap<ServedCertificate, SecureContext>();
const ofChallenge = new WeakMap<KeyPair, SecureContext>();

/** Throws if the runtime cannot use what it is given. */
export function contextOf(served: ServedCertificate): SecureContext {
  const known = ofServed.get(served);
  if (known !== undefined) return known;
  const made = make(served.pairs, served.policy, served.clientAuth?.ca ?? null);
  ofServed.set(served, made);
  return made;
}

/** The same for a challenge of ACME. */
export function contextOfChallenge(pair: KeyPair): SecureContext {
  const known = ofChallenge.get(pair);
  if (known !== undefined) return known;
  const made = make([pair], INTERMEDIATE, null);
  ofChallenge.set(pair, made);
  return made;
}

function make(pairs: readonly KeyPair[], policy: TlsPolicy, ca: string | null): SecureContext {
  const { minVersion, ciphers, sessionTickets } = policy;
  // It takes milliseconds to load, so only a gateway that speaks TLS loads it.
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const made: { readonly context: unknown } = createSecureContext({
    cert: pairs.map(({ cert }) => cert),
    key: pairs.map(({ key }) => key),
    minVersion: VERSIONS[minVersion],
    ciphers: (ciphers ?? INTERMEDIATE_CIPHERS).join(':'),
    // Of the usual ones the client knows best which it is fast at.
    honorCipherOrder: ciphers !== null,
    secureOptions: sessionTickets ? 0 : SSL_OP_NO_TICKET,
    ca: ca ?? pairs.map(({ cert }) => cert).filter(isAlone),
  });
  const { context } = made;
  if (typeof context !== 'object' || context === null) throw new Error('the runtime makes no secure contexts any more');
  return context;
}

// For a certificate without those of its issuers, the runtime looks for them in each handshake anew, among the authorities of the
// system: two to four files that it tries to open, 5 % of the connection's processor time. With another authority to look at it
// opens none. Nobody is trusted by that: where clients are asked for a certificate, their own authorities stand here.
function isAlone(cert: string): boolean {
  return cert.indexOf(BEGIN) === cert.lastIndexOf(BEGIN);
}
