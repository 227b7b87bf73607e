// TLS towards clients: certificates, and how it is spoken, for the whole gateway and for tenants.
import { z } from 'zod';
import { type ClientAuth, INTERMEDIATE_CIPHERS, type TlsPolicy } from '../core/certificate-source.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, flag, setting } from '../core/settings.ts';
import { contradict } from '../policies/contradiction.ts';
import { filePath } from './fields.ts';

const MOST_SOURCES = 1000;
const MOST_CIPHERS = 100;

// What the runtime has for TLS 1.2, the good ones first. It ignores other names without a word.
const CIPHERS_KNOWN = [
  ...INTERMEDIATE_CIPHERS,
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
] as const;

const cipher = choice(CIPHERS_KNOWN);

const clientAuth = z
  .strictObject({
    mode: defaulted(
      choice(['none', 'request', 'require']),
      'Whether clients are asked for a certificate. `request`: those that have none, or one of an authority that is not in `ca_file`, go on without. `require`: they get nowhere.',
      { value: 'none', reason: 'clients of most sites have no certificates.' },
    ),
    ca_file: optional(
      filePath,
      'PEM file with the certificates of the authorities that issue those of clients. Needed where clients are asked. Read at the start and with each reload.',
    ),
  })
  .superRefine((given, context) => {
    if (given.mode === 'none' || (given.ca_file ?? null) !== null) return;
    const expected = 'ca_file, with the authorities that issue them';
    contradict(given, context, { at: 'mode', message: 'asks for certificates of which none would be known', expected });
  });

const policy = choice(['intermediate', 'modern']);
const minVersion = setting<string | number, '1.2' | '1.3'>({
  type: '1.2 or 1.3',
  expected: '1.2 or 1.3',
  json: { type: ['string', 'number'], pattern: '^1\\.[23]$|\\$\\{' },
  parse(value) {
    const version = (['1.2', '1.3'] as const).find((known) => known === String(value));
    return version === undefined ? err({ message: '{value} is not spoken here' }) : ok(version);
  },
});
const ciphers = z.array(described(cipher, 'A cipher.')).min(1).max(MOST_CIPHERS);

const MIN_VERSION = 'The oldest version of TLS that is spoken. Absent: as `policy` has it.';
const CIPHERS =
  'Ciphers for TLS 1.2, by their names in OpenSSL: of those that a client can speak, the first is taken. TLS 1.3 has its own, which are all good. Absent: those of `policy`, of which the client chooses.';
const CLIENT_AUTH = 'Certificates of clients.';

/** `tls` at the top level. */
export const tls = z.strictObject({
  enabled: defaulted(flag, 'Whether the gateway speaks TLS to clients.', {
    value: true,
    reason: 'a configuration that names a certificate means to use it.',
  }),
  cert_file: optional(
    filePath,
    'PEM file with the certificate, followed by those of its issuers. It is also for clients that ask for no name, or for one that nobody has (`unknown_names`). Needed when TLS is on and nothing else names a certificate. It is watched, and read again when it changes.',
  ),
  key_file: optional(
    filePath,
    'PEM file with the private key of the certificate, not encrypted; it may be the same file. Watched as well.',
  ),
  unknown_names: defaulted(
    choice(['default', 'refuse']),
    'What becomes of a client that asks for a name that no certificate is for, or for none. `default`: it is shown `cert_file`, or else the first of `certificates`. `refuse`: its handshake fails.',
    { value: 'default', reason: 'checks of load balancers and old programs ask for no name.' },
  ),
  policy: defaulted(
    policy,
    'How TLS is spoken, as Mozilla recommends: `intermediate` is TLS 1.2 with good ciphers and TLS 1.3, `modern` is TLS 1.3 alone.',
    { value: 'intermediate', reason: 'programs of the last ten years can speak it.' },
  ),
  min_version: optional(minVersion, MIN_VERSION),
  ciphers: optional(ciphers, CIPHERS),
  session_tickets: defaulted(
    flag,
    'Whether a client that comes again takes up its session by a ticket, which saves both sides a part of the handshake. Each process has keys of its own for tickets, and changes them every two days.',
    { value: true, reason: 'browsers open several connections, and come again.' },
  ),
  client_auth: defaulted(clientAuth, CLIENT_AUTH, { value: {}, reason: 'see each setting.' }),
});

/** `tls` of a tenant. */
export const tenantTls = z
  .strictObject({
    cert_file: optional(
      filePath,
      "PEM file with a certificate for hosts of the tenant, followed by those of its issuers. It comes before the gateway's own, and is shown for no host that the tenant does not have. Watched.",
    ),
    key_file: optional(filePath, 'PEM file with its private key, not encrypted; it may be the same file. Watched.'),
    acme: defaulted(
      flag,
      'Whether its hosts get certificates by `acme`, where `acme` is set and the tenant names no files. With `false` they are served with what else there is.',
      { value: true, reason: '`acme` at the top level is meant for all tenants.' },
    ),
    policy: optional(policy, 'As `tls.policy`, for its hosts. Absent: as there.'),
    min_version: optional(minVersion, MIN_VERSION),
    ciphers: optional(ciphers, CIPHERS),
    client_auth: optional(clientAuth, 'Certificates of clients of its hosts. Absent: as `tls.client_auth`.'),
  })
  .superRefine((given, context) => {
    const [cert = null, key = null] = [given.cert_file, given.key_file];
    if ((cert === null) === (key === null)) return;
    const [at, other] = cert === null ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
    contradict(given, context, { at, message: `stands without ${other}`, expected: 'both, or neither' });
  });

const source = z
  .strictObject({
    cert_file: optional(filePath, 'PEM file with a certificate, followed by those of its issuers.'),
    key_file: optional(filePath, 'PEM file with its private key, not encrypted; it may be the same file.'),
    folder: optional(
      filePath,
      'A folder with certificates and their keys: `NAME.crt` beside `NAME.key`; `NAME.pem` with both; `NAME/fullchain.pem` beside `NAME/privkey.pem`, as certbot has them; `NAME/tls.crt` beside `NAME/tls.key`, as Kubernetes has them. All else in it is left alone. A pair that cannot be used is reported, and the others are served.',
    ),
  })
  .superRefine((given, context) => {
    const [cert, key, folder] = [given.cert_file ?? null, given.key_file ?? null, given.folder ?? null];
    const isPair = cert !== null && key !== null && folder === null;
    const isFolder = cert === null && key === null && folder !== null;
    if (isPair || isFolder) return;
    const message = 'names neither a certificate with its key nor a folder';
    contradict(given, context, { message, expected: 'cert_file and key_file, or folder alone' });
  });

/** `certificates` at the top level. */
export const certificateSources = z.array(described(source, 'A certificate, or a folder of them.')).max(MOST_SOURCES);

type Spoken = Pick<z.output<typeof tenantTls>, 'policy' | 'min_version' | 'ciphers'>;

/** How TLS is spoken. Null: nothing is said of it. */
export function policyOf(given: Spoken | undefined, sessionTickets: boolean): TlsPolicy | null {
  const { policy: named, min_version: version, ciphers: list } = given ?? {};
  if (named === undefined && version === undefined && list === undefined) return null;
  return { minVersion: version ?? (named === 'modern' ? '1.3' : '1.2'), ciphers: list ?? null, sessionTickets };
}

/** `texts`: of the files of authorities. */
export function clientAuthOf(
  { mode, ca_file: file }: z.output<typeof clientAuth>,
  texts: ReadonlyMap<string, string> | undefined,
): ClientAuth | null {
  if (mode === 'none') return null;
  const ca = texts?.get(file ?? '');
  if (ca === undefined) throw new Error(`${file ?? 'ca_file'} has not been read; loadConfig reads it`);
  return { mode, ca };
}
