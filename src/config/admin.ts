// The admin API: where it is served, and who may use it.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { SECRET, choice, size, text } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { defaulted, optional } from '../core/described.ts';
import { name, token } from './fields.ts';
import { parseDomain } from './host-name.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

/** Where the admin API listens. */
export type AdminAddress =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'tcp' } & ListenAddress)
  | { readonly kind: 'unix'; readonly path: string };

/** Where the admin API listens if nobody says where. */
export const DEFAULT_ADMIN_ADDRESS = { kind: 'tcp', hostname: '127.0.0.1', port: 9901 } as const;

// The system's limit for the path of a socket (unix(7), sun_path), without the NUL at its end.
const LONGEST_SOCKET_PATH = 107;

export const adminAddress = text<AdminAddress>({
  type: 'HOST:PORT, unix:PATH or none',
  expected: 'HOST:PORT such as 127.0.0.1:9901, "unix:/run/keystone.sock", or none',
  parse(value) {
    if (value === 'none') return ok({ kind: 'none' });
    if (value.startsWith('unix:')) return parseSocketPath(value.slice('unix:'.length));
    const address = parseListenAddress(value);
    return address === null
      ? err({ message: '{value} is not an address to listen on' })
      : ok({ kind: 'tcp', ...address });
  },
});

const socketMode = text<number>({
  type: 'mode',
  expected: '"0600" for the user of the gateway alone, or "0660" for a group as well',
  parse(value) {
    if (!/^0?[0-7]{3}$/.test(value)) return err({ message: '{value} is not a mode of a file' });
    const mode = Number.parseInt(value, 8);
    if ((mode & OTHERS) !== 0)
      return err({ message: '{value} would let everybody on this machine give orders, without a token' });
    if ((mode & OWNER) !== OWNER) return err({ message: '{value} would keep the gateway itself out' });
    return ok(mode);
  },
});

// Bits of chmod(2).
const OTHERS = 0o007;
const OWNER = 0o600;

function parseSocketPath(path: string) {
  if (!path.startsWith('/')) return err({ message: 'the path of the socket does not begin with "/"' });
  if (path.endsWith('/')) return err({ message: '{value} is a directory, not a socket' });
  if (new TextEncoder().encode(path).length > LONGEST_SOCKET_PATH)
    return err({ message: 'the path of the socket is too long', expected: `at most ${LONGEST_SOCKET_PATH} bytes` });
  return ok({ kind: 'unix', path } as const);
}

/** Whether only programs on this machine can connect to the address. */
export function isLocalAddress(address: AdminAddress): boolean {
  return address.kind !== 'tcp' || isLoopback(address.hostname ?? '');
}

/** Whether a host, without brackets, is this machine for sure. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

const adminHost = text<string>({
  type: 'host or *.host',
  expected: 'a host name such as gateway.internal, or *.internal',
  parse(value) {
    if (value.endsWith('.*')) return err({ message: '{value} leaves its ending open' });
    const host = parseDomain(value);
    return host.ok ? host : err({ message: host.error });
  },
});

const tokenHash = text<string>({
  type: 'sha256:HEX',
  expected: '"sha256:" and 64 hexadecimal digits, which keystone token create prints',
  parse(value) {
    const hex = /^sha256:([0-9a-f]{64})$/i.exec(value)?.[1];
    return hex === undefined ? err({ message: '{value} is not a hash' }) : ok(hex.toLowerCase());
  },
});

const operatorToken = z
  .preprocess(
    (value) => (typeof value === 'string' || typeof value === 'number' ? { token: value } : value),
    z
      .strictObject({
        name: optional(name, 'Who has it, as the log and the events say. Absent: `token 1` and so on.'),
        hash: optional(
          tokenHash.meta(SECRET),
          'What the token is known by: `keystone token create` prints it beside the token. Whoever reads the configuration does not learn the token.',
        ),
        token: optional(token, 'The token itself, of at least 16 characters, in place of its `hash`.'),
        scope: defaulted(
          choice(['read', 'operate', 'admin']),
          'What it allows: to look (`read`); to drain, disable and weigh backends, turn maintenance on, and purge caches as well (`operate`); or everything, such as to reload and to change the configuration (`admin`).',
          { value: 'admin', reason: 'tokens of earlier versions allow everything.' },
        ),
        tenants: optional(
          z.array(name),
          'It shows and touches nothing but these tenants, so that a customer can have a page of their own. Absent: all tenants, and the gateway itself.',
        ),
      })
      .superRefine(({ hash, token: plain }, context) => {
        if ((hash === undefined) !== (plain === undefined)) return;
        context.issues.push({
          code: 'custom',
          input: hash,
          params: {
            message: hash === undefined ? 'has neither "hash" nor "token"' : 'has both "hash" and "token"',
            expected: 'hash: "sha256:…", which keystone token create prints',
          },
        });
      }),
  )
  .meta({ 'x-text': true });

export const admin = z.strictObject({
  address: optional(
    adminAddress,
    'Where the admin API listens for operators and for the commands of `keystone`: an address, a Unix socket (`unix:/run/keystone.sock`, see `socket_mode`), or `none`. An address that is not this machine alone needs `tokens`. Absent: `127.0.0.1:9901`; if another program has that, the gateway does without and says so.',
  ),
  socket_mode: defaulted(
    socketMode,
    'Who may use a Unix socket at `address`, as chmod has it. Whoever may is an operator with all rights, and needs no token.',
    { value: '0600', reason: 'only the user that the gateway runs as may give it orders.' },
  ),
  socket_group: optional(
    name,
    'Whose the file of a Unix socket at `address` is besides, by the name or the number of a group: with `socket_mode: "0660"` its members are operators. Absent: the group that the gateway runs as.',
  ),
  tokens: defaulted(
    z.array(operatorToken),
    'Bearer tokens of operators: texts, or maps that give them names. With any, the admin API serves only requests that carry one, except on a Unix socket.',
    {
      value: [],
      reason: 'without tokens the admin API serves operators at its own address only.',
    },
  ),
  hosts: defaulted(
    z.array(adminHost),
    'Names that the admin API is reached by at `address`, such as `gateway.internal`, or `*.internal` for any label before it. Requests for another name are refused, also with a token or a cookie: a page that lets its own name lead to the gateway gets nowhere. Addresses, `localhost` and the host of `address` are always known; a Unix socket and the listeners of clients take any.',
    { value: [], reason: 'most ask for an address, or on the machine itself.' },
  ),
  max_body: defaulted(
    size({ min: bytes(1024), max: bytes(64 * 1024 * 1024) }),
    'The longest body of a request to the admin API. A longer one is answered with 413.',
    { value: '4MiB', reason: 'a configuration with ten thousand tenants in one file has about that.' },
  ),
  public_health: defaulted(
    choice(['status', 'full', 'none']),
    'What `GET {admin_base_path}/health` tells clients that are no operators: the state of the gateway in one word, all (the names of tenants, how many backends serve, version and uptime), or nothing.',
    { value: 'status', reason: 'load balancers need the word, and strangers need no names.' },
  ),
});
