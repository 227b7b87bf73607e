// Certificates that the gateway gets by itself from certificate authorities (ACME, RFC 8555).
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, count, duration, durationFrom, durationOrZero, flag, text } from '../core/settings.ts';
import { millis } from '../core/units.ts';
import { askUrl } from '../policies/auth/ask-url.ts';
import { domain, filePath } from './fields.ts';

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const MOST_DIRECTORIES = 8;
const MOST_WORDS = 64;
const MOST_DOMAINS = 10_000;

const directoryUrl = text<string>({
  type: 'URL',
  expected: `an https URL such as ${LETS_ENCRYPT}`,
  pattern: '^https://[^\\s#]+$',
  parse(value) {
    const isUrl = value.startsWith('https://') && URL.canParse(value);
    return isUrl ? ok(value) : err({ message: '{value} is no https URL' });
  },
});

const emailAddress = text<string>({
  type: 'address',
  expected: 'an address such as admin@example.com',
  pattern: '^[^@\\s,?]+@[^@\\s,?]+$',
  parse: (value) => (/^[^@\s,?]+@[^@\s,?]+$/.test(value) ? ok(value) : err({ message: '{value} is no address' })),
});

const macKey = text<string>({
  type: 'secret',
  expected: 'the key as the authority has given it, in base64url',
  parse: (value) =>
    /^[A-Za-z0-9_-]{16,}=*$/.test(value) ? ok(value) : err({ message: 'the value is not in base64url' }),
});

const eab = z.strictObject({
  id: described(
    text<string>({
      type: 'text',
      expected: 'the name of the key',
      parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
    }),
    'The name of the key, as the authority has given it.',
  ),
  key: described(macKey, 'The key, in base64url: a secret, which belongs into a variable of the environment.'),
});

const directory = z.strictObject({
  url: described(directoryUrl, "The URL of the authority's directory."),
  eab: optional(eab, 'What binds the account to one that exists there already. Some authorities want it.'),
  ca_file: optional(
    filePath,
    'PEM file with the certificates of the authorities by which the directory itself proves who it is. Absent: those of the system.',
  ),
});

const dns = z.strictObject({
  command: described(
    z
      .array(described(z.string().min(1), 'A word.'))
      .min(1)
      .max(MOST_WORDS),
    'The program and its first arguments, one item each; no shell interprets them. It is run with three more: `set` or `clear`, the name of the TXT record (`_acme-challenge.example.com`), and its value; the same are in ACME_ACTION, ACME_RECORD and ACME_VALUE. With `set` it ends when the record is there, with 0; other values of the same name must stay, since a wildcard and its name are proved by two of them.',
  ),
  delay: defaulted(durationOrZero, 'How long to wait then until all servers of the zone have it.', {
    value: '30s',
    reason: 'the servers of most providers have a change within seconds; too early a look counts as a failure.',
  }),
  timeout: defaulted(duration, 'How long one run may take. Then the program is ended.', {
    value: '60s',
    reason: 'a few calls of the API of a provider.',
  }),
});

const onDemand = z.strictObject({
  ask: optional(
    askUrl,
    'A URL that is asked about each name, by GET with `?domain=NAME`: 200 allows a certificate, anything else does not. It is asked again before a renewal. With it, names of tenants without `domains` and of domains such as `shop.*` get certificates as well. Absent: every name below a wildcard of a tenant gets one, within the bounds: whoever makes up names uses them up.',
  ),
  ask_timeout: defaulted(duration, 'How long that answer may take. Without one there is no certificate.', {
    value: '3s',
    reason: 'a client waits meanwhile.',
  }),
  wait: defaulted(
    durationFrom(millis(1000)),
    'How long a handshake waits for its certificate. After that it goes on as `tls.unknown_names` says; the order goes on, too.',
    { value: '20s', reason: 'an order takes some ten seconds; browsers wait for half a minute and more.' },
  ),
  names_per_minute: defaulted(
    count({ min: 1, max: 10_000 }),
    'How many new names get an order within a minute. For others there is none until then.',
    { value: 10, reason: 'customers come one by one; whoever makes up names comes fast.' },
  ),
  max_names: defaulted(
    count({ min: 1, max: 1_000_000 }),
    'How many certificates there may be in this way. After that, names without one get none.',
    { value: 10_000, reason: 'some 100 MiB of memory in all processes together.' },
  ),
  refused_for: defaulted(duration, 'For how long a name that was not allowed is not asked about again.', {
    value: '1m',
    reason: 'a customer who has just been added does not wait for long.',
  }),
});

const challenge = choice(['http-01', 'tls-alpn-01', 'dns-01']);

/** `acme` at the top level. */
export const acme = z.strictObject({
  email: optional(emailAddress, 'Where the authority may write to about the account. Absent: it knows no address.'),
  agree_to_terms: defaulted(
    flag,
    'Whether you agree to the terms of service of the authorities. With `false`, only authorities without such terms give certificates.',
    { value: true, reason: 'no public authority gives certificates otherwise; whoever sets `acme` asks for them.' },
  ),
  directories: defaulted(
    z.array(described(directory, 'An authority.')).min(1).max(MOST_DIRECTORIES),
    'The certificate authorities. The first one is asked; the next only where the one before cannot be reached, does not answer, or fails for a reason that has nothing to do with the name.',
    { value: [{ url: LETS_ENCRYPT }], reason: "Let's Encrypt, which costs nothing and every client knows." },
  ),
  challenges: defaulted(
    z.array(challenge).min(1),
    'How hosts are proved, the best way first; after a failure the next one is tried first. `http-01`: by plain HTTP, which must reach the gateway at port 80; it answers these requests on every listener before anything else, redirects to HTTPS included. `tls-alpn-01`: by TLS, which must reach the gateway at port 443. `dns-01`: by a record of the DNS, with `dns`. Wildcards can only be proved by the DNS.',
    { value: ['http-01', 'tls-alpn-01', 'dns-01'], reason: 'what needs nothing but the gateway itself comes first.' },
  ),
  dns: optional(dns, 'The program that sets records of the DNS. Needed for wildcards.'),
  domains: defaulted(z.array(domain).max(MOST_DOMAINS), 'Hosts beside those of tenants that get certificates.', {
    value: [],
    reason: 'every host that is served belongs to a tenant, as a rule.',
  }),
  on_demand: optional(
    onDemand,
    'Certificates for names that are not in the configuration one by one: the first client that asks for one waits until it is there. Wildcards of tenants then need no `dns`. `{}` is enough. Absent: no client causes an order.',
  ),
  timeout: defaulted(
    durationFrom(millis(1000)),
    'How long one authority may take for one certificate, all of its answers together; `dns.delay` comes on top.',
    { value: '2m', reason: 'an order takes some ten seconds; slow authorities look at a name several times.' },
  ),
  retry_after: defaulted(
    durationFrom(millis(1000)),
    'How long to wait after the first failure for a host; twice as long after each further one, up to 12 h. An authority that names a time is not asked before it.',
    { value: '5m', reason: "four times in the first hour: Let's Encrypt permits five failures for a host in an hour." },
  ),
  max_orders: defaulted(
    count({ min: 1, max: 100_000 }),
    'How many orders may be begun within three hours, all hosts together. The others wait.',
    { value: 250, reason: "Let's Encrypt permits 300 for an account in three hours." },
  ),
});
