// Takes a backend's URL apart, once. Stricter than a URL parser, which would silently repair mistakes.
import { type Result, err, ok } from '../core/result.ts';
import { MASK, isSecretName } from '../core/secrets.ts';
import { IN_TYPOGRAPHIC_QUOTES, TYPOGRAPHIC_QUOTES, parseHostName } from './host-name.ts';

/** Where a backend is, and what its URL adds to every request. */
export type BackendUrl = {
  /** The host to connect to; IPv6 without brackets. The path of a Unix socket begins with a slash; its port is 0. */
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name that its certificate must have. */
  readonly serverName: string;
  /** `host[:port]` as it is sent in Host; the scheme's own port is left out. */
  readonly authority: string;
  /** Put before the path of every request; without a trailing slash; empty: none. */
  readonly base_path: string;
  /** Put before the query of every request; without `?`; empty: none. */
  readonly query: string;
  /** The value of an `Authorization` field, or null. A secret. */
  readonly authorization: string | null;
  /** The URL without credentials; tells whether two URLs lead to the same place. Not shown: it may hold secrets. */
  readonly safe: string;
  /** Path and query as they are shown, with masks for what comes from the environment. */
  readonly shownTail: string;
  /** What must not be shown of the backend: of this URL, and of what its checks send. */
  readonly secrets: readonly string[];
};

/** The error is a sentence. It never repeats any part of the text, since a URL may hold a password. */
export function parseBackendUrl(text: string): Result<BackendUrl, string> {
  const characters = explainCharacters(text);
  if (characters !== null) return err(characters);
  const socket = parseSocketUrl(text);
  if (socket !== null) return socket;
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(text);
  if (match === null) return err(explainShape(text));
  const [, scheme = '', site = '', path = '', query = '', fragment] = match;
  if (!/^https?$/i.test(scheme)) return err('the scheme is not http or https');
  if (fragment?.includes('@') === true) return err('has a "#" before an "@": in credentials it is written %23');
  if (fragment !== undefined) return err('has a fragment ("#…"), which is never sent');
  const tls = scheme.length === 5;
  const at = site.lastIndexOf('@');
  const address = parseAddress(site.slice(at + 1), tls ? 443 : 80);
  if (!address.ok) return address;
  const credentials = at < 0 ? ok(null) : parseCredentials(site.slice(0, at));
  if (!credentials.ok) return credentials;
  const pathProblem = explainPath(path, query);
  if (pathProblem !== null) return err(pathProblem);
  const basePath = path.replace(/\/$/, '');
  const tail = `${basePath}${query === '' ? '' : `?${query}`}`;
  const safe = `${tls ? 'https' : 'http'}://${address.value.authority}${tail}`;
  return ok({
    ...address.value,
    tls,
    serverName: address.value.hostname,
    base_path: basePath,
    query,
    authorization: credentials.value,
    safe,
    shownTail: maskParameters(tail),
    secrets: credentials.value === null ? [] : [credentials.value.replace(/^Basic /, '')],
  });
}

const SOCKET =
  /^(?:(?<scheme>https?):\/\/)?unix:(?:\/\/(?=\/))?(?<socket>\/[^:?#]*)(?::(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?(?<fragment>#.*)?$/i;
/** What sun_path of sockaddr_un has room for (unix(7)), without the zero at its end. */
const LONGEST_SOCKET = 107;

/** `unix:/run/app.sock`, and as nginx has it `http://unix:/run/app.sock:/base`. Null: it is no Unix socket. */
function parseSocketUrl(text: string): Result<BackendUrl, string> | null {
  const { scheme = '', socket = '', path = '', query = '', fragment } = SOCKET.exec(text)?.groups ?? {};
  if (socket === '') return null;
  if (/^https$/i.test(scheme)) return err('TLS is not spoken over a Unix socket; it is written unix:/run/app.sock');
  if (fragment !== undefined) return err('has a fragment ("#…"), which is never sent');
  if (socket.startsWith('//') || socket.endsWith('/'))
    return err('the path of the socket is not one, such as /run/app.sock');
  if (socket.length > LONGEST_SOCKET) return err(`the path of the socket is longer than ${LONGEST_SOCKET} characters`);
  if (path !== '' && !path.startsWith('/'))
    return err('what follows the socket and a ":" is not a path that begins with "/"');
  const pathProblem = explainPath(path, query);
  if (pathProblem !== null) return err(pathProblem);
  const basePath = path.replace(/\/$/, '');
  const tail = `${basePath === '' ? '' : `:${basePath}`}${query === '' ? '' : `?${query}`}`;
  return ok({
    hostname: socket,
    port: 0,
    tls: false,
    serverName: 'localhost',
    authority: 'localhost',
    base_path: basePath,
    query,
    authorization: null,
    safe: `unix:${socket}${tail}`,
    shownTail: maskParameters(tail),
    secrets: [],
  });
}

/** A path and query, with masks for parameters that are secrets by their names. */
export function maskParameters(tail: string): string {
  return tail.replaceAll(/([?&])([^=&]+)=([^&]+)/g, (whole, mark: string, name: string) =>
    isSecretName(name) ? `${mark}${name}=${MASK}` : whole,
  );
}

/** The URL in the only form that is logged or shown. */
export function shownUrl({ safe, shownTail }: Pick<BackendUrl, 'safe' | 'shownTail'>): string {
  return (/^(?:https?:\/\/[^/?]*|unix:[^:?]*)/.exec(safe)?.[0] ?? '') + shownTail;
}

const BARE_IPV6 = /^[\dA-Fa-f:]*:[\dA-Fa-f]*:[\dA-Fa-f:.]*$/;

/** The URL that a text most likely stands for: a host and port without a scheme, the path of a socket. Null: none, also where
 * there may be credentials, which nobody is shown. */
export function nearestBackendUrl(text: string): string | null {
  if (/[@?]/.test(text)) return null;
  if (/^\/[^\s:]+$/.test(text)) return parseBackendUrl(`unix:${text}`).ok ? `unix:${text}` : null;
  const [, scheme = 'http', site = text] = /^(https?):\/?([^/].*)$/i.exec(text) ?? [];
  const hasHost = /^[^/]*[.:\]]|^localhost\b/.test(site);
  return hasHost && parseBackendUrl(`${scheme}://${site}`).ok ? `${scheme}://${site}` : null;
}

type Address = Pick<BackendUrl, 'hostname' | 'port' | 'authority'>;

function parseAddress(site: string, defaultPort: number): Result<Address, string> {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(site);
  if (match === null) return err('the host is not valid');
  if (BARE_IPV6.test(site)) return err('an IPv6 address stands in brackets, such as http://[::1]:3000');
  const [, name = '', digits] = match;
  if (name === '') return err('the host is empty');
  const host = parseHostName(name);
  if (!host.ok) return err(host.error.replace('{value}', 'the host'));
  const port = digits === undefined ? defaultPort : parsePort(digits);
  if (port === null) return err('the port is not a number from 1 to 65535');
  const authority = port === defaultPort ? host.value : `${host.value}:${port}`;
  return ok({ hostname: host.value.replace(/^\[(.*)\]$/, '$1'), port, authority });
}

function parsePort(digits: string): number | null {
  const port = /^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function parseCredentials(text: string): Result<string, string> {
  const colon = text.indexOf(':');
  if (text === '' || text === ':') return err('the credentials before "@" are empty');
  const user = decode(colon < 0 ? text : text.slice(0, colon));
  const password = decode(colon < 0 ? '' : text.slice(colon + 1));
  if (user === null || password === null) return err('the credentials are not properly percent-encoded');
  // RFC 7617 2: the first colon ends the user's name, and control characters are not allowed.
  if (user.includes(':')) return err('the user name has a colon, which Basic authentication cannot carry');
  if (/[\x00-\x1F\x7F]/.test(user + password)) return err('the credentials have control characters');
  return ok(`Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`);
}

function decode(text: string): string | null {
  if (!/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*$/.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function explainCharacters(text: string): string | null {
  if (text === '') return 'is empty';
  if (TYPOGRAPHIC_QUOTES.test(text)) return IN_TYPOGRAPHIC_QUOTES;
  if (/[^\x00-\x7F]/.test(text))
    return 'has characters outside ASCII, which must be percent-encoded (in a host: its "xn--" form)';
  if (/[\x00-\x20\x7F]/.test(text)) return 'has a space or control character';
  if (text.includes('\\')) return 'has a backslash; URLs are written with "/"';
  return /["<>^`{|}]/.test(text) ? 'has a character that must be percent-encoded' : null;
}

function explainShape(text: string): string {
  if (/^(?:http\+)?unix[:/]/i.test(text))
    return 'a Unix socket is written unix:/run/app.sock, with the whole path of its file';
  return /^https?:/i.test(text) ? 'has no "//" after its scheme' : 'has no scheme';
}

function explainPath(path: string, query: string): string | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(path + query)) return 'has a "%" that is not followed by two hexadecimal digits';
  if (/[[\]]/.test(path)) return 'has a character in its path that must be percent-encoded';
  // Origins make redirects of their paths, and `//host` in a redirect is another host.
  if (path.startsWith('//')) return 'has a path that begins with "//"';
  return /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path) ? 'has "." or ".." segments in its path' : null;
}
