// The kinds of values of this gateway: names, hosts, prefixes, URLs, secrets. General kinds are in core/settings.ts.
import { type AddressRange, parseRange } from '../core/cidr.ts';
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { type Refusal, setting, text } from '../core/settings.ts';
import { nearestDuration } from '../core/near-units.ts';
import { type Millis, millis, parseDuration } from '../core/units.ts';
import { type BackendUrl, nearestBackendUrl, parseBackendUrl } from './backend-url.ts';
import { parseCheckPath } from '../probing/http-check-options.ts';
import { nearestDomain, parseDomain } from './host-name.ts';
import { type ListenAddress, nearestAddress, parseListenAddress, strayPort } from './listen-address.ts';

/** The name of a tenant or service. It has few kinds of characters, since it goes into logs, metrics and URLs. */
export const name = text<string>({
  type: 'name',
  expected: '1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", a letter or digit first',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  parse(value) {
    if (value === '') return err({ message: 'is empty' });
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value) ? ok(value) : err({ message: '{value} is not a name' });
  },
});

const LOOP_ID = /^[A-Za-z0-9._~-]{1,64}(:\d{1,5})?$/;

/** The name of a gateway in CDN-Loop; `auto` and `none` stand for what they say. */
export const loopId = text<string>({
  type: 'auto, none or a name',
  expected: 'auto, none, or a name such as gateway.example.com',
  pattern: LOOP_ID.source,
  parse: (value) => (LOOP_ID.test(value) ? ok(value) : err({ message: '{value} is not a name' })),
});

/** A host that a tenant answers for. */
export const domain = text<string>({
  type: 'host',
  expected: 'a host such as example.com, "*.example.com", "example.*", 192.0.2.1 or "[::1]"',
  parse(value) {
    const host = parseDomain(value);
    return host.ok ? host : err({ message: host.error, suggest: nearestDomain });
  },
});

/** A list; a single item may stand for itself. An empty text is an empty list, as if the setting were absent: the original
 * made no difference. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return z.preprocess(listed, z.array(item));
}

function listed(value: unknown): unknown {
  if (value === '') return [];
  return typeof value === 'object' || value === undefined ? value : [value];
}

/** A beginning of a tenant's paths. */
export const pathPrefix = text<string>({
  type: 'path',
  expected: 'a path such as "/api/"',
  pattern: '^$|^/([^?#%;\\\\\\s]*/)?$',
  parse(value) {
    if (!value.startsWith('/') || !value.endsWith('/')) return err(unclosedPrefix);
    const problem = explainPath(value);
    return problem === null ? ok(value) : err({ message: problem });
  },
});

const unclosedPrefix: Refusal = {
  message: "path_prefix must start and end with '/'",
  suggest(value) {
    // `/api/*` is how other programs write it.
    const path = value.replace(/\*$/, '');
    return /^[\w./-]+$/.test(path) ? `/${path}/`.replaceAll(/\/+/g, '/') : null;
  },
};

/** One path of a tenant, which matches as a whole. */
export const exactPath = text<string>({
  type: 'path',
  expected: 'a path such as "/ws"',
  pattern: '^$|^/[^?#%;\\\\\\s]*$',
  parse(value) {
    if (!value.startsWith('/')) return err(relativePath);
    const problem = explainPath(value);
    return problem === null ? ok(value) : err({ message: problem });
  },
});

const relativePath: Refusal = {
  message: '{value} does not begin with "/"',
  suggest: (value) => (/^[\w./-]+$/.test(value) ? `/${value}` : null),
};

/** Where the gateway answers for itself. The original accepted a slash at the end, which is dropped. An empty text is null,
 * as if the setting were absent. */
export const adminBasePath = text<string | null>({
  type: 'path',
  expected: 'a path such as "/admin"',
  pattern: '^$|^/[^?#%;\\\\\\s]*[^/?#%;\\\\\\s]/?$',
  parse(value) {
    if (value === '') return ok(null);
    if (!value.startsWith('/')) return err({ message: '{value} does not begin with "/"' });
    if (value === '/') return err({ message: '"/" would take every path from the tenants' });
    const problem = explainPath(value);
    return problem === null ? ok(value.replace(/\/$/, '')) : err({ message: problem });
  },
});

/** The URL of a backend. Refusals never repeat it, since it may hold a password. */
export const backendUrl = text<BackendUrl>({
  type: 'URL',
  expected:
    'http:// or https://, a host, and if need be port, path, query and credentials; or unix: and the path of a socket',
  pattern: '^(https?://|unix:/)[^\\s#]+$',
  parse(value) {
    const url = parseBackendUrl(value);
    return url.ok ? url : err({ message: url.error, suggest: nearestBackendUrl });
  },
});

/** A path for probes; the empty text is read as null: no probes. */
export const health = setting<string, string | null>({
  type: 'path or empty',
  expected: 'a path that begins with "/", or an empty text for no check',
  json: { type: 'string', pattern: '^(/[!-~]*)?$|\\$\\{' },
  parse(value) {
    if (value === '') return ok(null);
    if (typeof value !== 'string') return err({ message: '{value} is not a text' });
    return parseCheckPath(value);
  },
});

/** A bearer token. Refusals never repeat it. */
export const token = setting<string, string>({
  type: 'secret',
  expected: 'a text of at least 16 characters without spaces',
  json: { type: 'string', pattern: '^[!-~]{16,}$|\\$\\{' },
  parse(value) {
    if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
    if (!/^[!-~]*$/.test(value)) return err({ message: 'the token has characters that a header cannot carry' });
    return value.length >= 16 ? ok(value) : err({ message: 'the token is too short to be a secret' });
  },
});

/** The path of a file. `loadConfig` finds out later whether the file exists. An empty text is null, as if it were absent. */
export const filePath = text<string | null>({
  type: 'file',
  expected: 'the path of a file',
  parse: (value) => ok(value === '' ? null : value),
});

/** A user or a group. Whether the machine has it, the start finds out. */
export const account = setting<string | number, string>({
  type: 'name or number',
  expected: 'a name such as www-data, or a number',
  json: { type: ['string', 'integer'], minimum: 0, pattern: '^[^\\s:/]+$' },
  parse: (value) => (/^[^\s:/]+$/.test(String(value)) ? ok(String(value)) : err({ message: '{value} is no name' })),
});

/** Where something is kept, or `none`. */
export const directory = text<string>({
  type: 'directory, or none',
  expected: 'the whole path of a directory such as "/var/lib/keystone", or none',
  pattern: '^(/.*|none)$',
  parse: (value) =>
    value.startsWith('/') || value === 'none' ? ok(value) : err({ message: '{value} is not a whole path' }),
});

/** A range of addresses. */
export const addressRange = text<AddressRange>({
  type: 'address or range',
  expected: 'an IP address such as 10.0.0.1, or a range such as 10.0.0.0/8 or fd00::/8',
  parse(value) {
    const range = parseRange(value);
    return range === null ? err({ message: '{value} is not an address or range' }) : ok(range);
  },
});

/** `HOST:PORT`. */
export const listenAddress = text<ListenAddress>({
  type: 'HOST:PORT',
  expected: 'HOST:PORT such as 127.0.0.1:8080, [::1]:8080 or :8080',
  suggestText: nearestAddress,
  parse(value) {
    const address = parseListenAddress(value);
    if (address !== null) return ok(address);
    const port = strayPort(value);
    return port === null
      ? err({ message: '{value} is not an address to listen on', suggest: nearestAddress })
      : err({ message: `{value} has the port ${port}`, expected: 'a port from 1 to 65535, or 0 for one that is free' });
  },
});

const ORIGINAL_INTERVAL = millis(30_000);

/** The original's `health_interval`: zero and less mean its default, 30 seconds. */
export const healthInterval = setting<number | string, Millis>({
  type: 'duration',
  expected: 'a duration such as 30 (seconds) or "30s"',
  json: { type: ['number', 'string'] },
  parse(value) {
    if (typeof value !== 'number' && typeof value !== 'string')
      return err({ message: '{value} is not a duration', suggest: nearestDuration });
    const isNegative = String(value).startsWith('-');
    const length = parseDuration(typeof value === 'number' ? Math.abs(value) : value.replace(/^-/, ''));
    if (length === null) return err({ message: '{value} is not a duration', suggest: nearestDuration });
    return ok(isNegative || length < 1 ? ORIGINAL_INTERVAL : length);
  },
});

/** What no path of a route may have; null: the path is fine. */
export function explainPath(path: string): string | null {
  if (path.includes('//')) return '{value} has an empty segment ("//")';
  if (/\/\.{1,2}(\/|$)/.test(path)) return '{value} has "." or ".." segments';
  if (/[?#]/.test(path)) return '{value} has a query or a fragment';
  if (path.includes('%')) return '{value} has a percent-encoded character, which no route may have';
  if (path.includes(';'))
    return '{value} has a semicolon: programs disagree about what follows it, so no request could reach it';
  if (path.includes('\\')) return '{value} has a backslash';
  return /^[!-~]*$/.test(path) ? null : '{value} has a space, a control character or one outside ASCII';
}
