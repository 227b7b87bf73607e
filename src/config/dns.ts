// How names are resolved: which servers are asked, and how long an answer counts.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { choice, duration, text } from '../core/settings.ts';
import { families } from '../discovery/contract.ts';
import { defaulted } from '../core/described.ts';
import { isAddress } from './host-name.ts';

const DEFAULT_PORT = 53;

/** How the host in a service's URL becomes backends. */
export const discover = choice(['none', 'addresses', 'srv']);

/** `IP` or `IP:PORT`, read as `IP:PORT`. */
const server = text<string>({
  type: 'IP or IP:PORT',
  expected: 'an IP address such as 10.0.0.53 or "[fd00::53]", with a port if it is not 53',
  parse(value) {
    const match = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(value);
    const host = (match?.[1] ?? value).replace(/^\[(.*)\]$/, '$1');
    const port = Number(match?.[2] ?? DEFAULT_PORT);
    if (!isAddress(host)) return err({ message: '{value} is not an IP address: a name could not be asked for' });
    if (port < 1 || port > 65_535) return err({ message: '{value} has a port that does not exist' });
    return ok(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  },
});

export const DEFAULT_MIN_TTL = '1s';
export const DEFAULT_MAX_TTL = '60s';

export const dns = z.strictObject({
  servers: defaulted(z.array(server), 'DNS servers, asked in this order. Empty: those of the system.', {
    value: [],
    reason: 'a name then means the same as to every other program on the machine.',
  }),
  min_ttl: defaulted(
    duration,
    'How long an answer counts at least, whatever its TTL says; also how soon a name may be asked for again when a backend cannot be reached.',
    {
      value: DEFAULT_MIN_TTL,
      reason:
        'a TTL of 0 is common; one question a second is often enough, and finds a container that has moved in time.',
    },
  ),
  max_ttl: defaulted(
    duration,
    'How long an answer counts at most; also the longest time between attempts for a name that does not resolve and that nobody needs.',
    {
      value: DEFAULT_MAX_TTL,
      reason: 'a TTL of a day is common, too, and a change of a backend must be seen sooner.',
    },
  ),
  timeout: defaulted(duration, 'How long one question may take, all servers and attempts together.', {
    value: '2s',
    reason:
      'enough to ask a second time after a lost packet; no request waits meanwhile, since the last good answer stays in use.',
  }),
  family: defaulted(
    choice(families),
    'Which addresses of a name become backends. A service without `discover` is one backend and uses those of both kinds, the preferred ones first, unless this says `ipv4` or `ipv6`.',
    {
      value: families[0],
      reason:
        'a host with both kinds is one backend, and networks without IPv6 are more common than those without IPv4.',
    },
  ),
});
