// The admin API: where it is served, and who may use it.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { choice, text } from '../core/settings.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { name, token } from './fields.ts';
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

const operatorToken = z
  .preprocess(
    (value) => (typeof value === 'string' || typeof value === 'number' ? { token: value } : value),
    z.strictObject({
      name: optional(name, 'Who has it, as the log and the events say. Absent: `token 1` and so on.'),
      token: described(token, 'The token, of at least 16 characters.'),
    }),
  )
  .meta({ 'x-text': true });

export const admin = z.strictObject({
  address: optional(
    adminAddress,
    'Where the admin API listens for operators and for the commands of `keystone`: an address, a Unix socket that only the user of the gateway may use (`unix:/run/keystone.sock`), or `none`. An address that is not this machine alone needs `tokens`. Absent: `127.0.0.1:9901`; if another program has that, the gateway does without and says so.',
  ),
  tokens: defaulted(
    z.array(operatorToken),
    'Bearer tokens of operators: texts, or maps that give them names. With any, the admin API serves only requests that carry one, except on a Unix socket.',
    {
      value: [],
      reason: 'without tokens the admin API serves operators at its own address only.',
    },
  ),
  public_health: defaulted(
    choice(['status', 'full', 'none']),
    'What `GET {admin_base_path}/health` tells clients that are no operators: the state of the gateway in one word, all (the names of tenants, how many backends serve, version and uptime), or nothing.',
    { value: 'status', reason: 'load balancers need the word, and strangers need no names.' },
  ),
});
