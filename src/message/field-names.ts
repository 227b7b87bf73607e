// The field names that the gateway itself understands, as small numbers. All other fields are OTHER, and only passed on.
import { EMPTY, LOWER, ascii, equalsLowered } from './bytes.ts';

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;

export const OTHER = 0;
export const HOST = 1;
export const CONNECTION = 2;
export const CONTENT_LENGTH = 3;
export const TRANSFER_ENCODING = 4;
export const KEEP_ALIVE = 5;
export const TE = 6;
export const TRAILER = 7;
export const UPGRADE = 8;
export const PROXY_CONNECTION = 9;
export const PROXY_AUTHENTICATE = 10;
export const PROXY_AUTHORIZATION = 11;
export const HTTP2_SETTINGS = 12;
export const FORWARDED = 13;
export const FORWARDED_FOR = 14;
export const FORWARDED_PROTO = 15;
export const FORWARDED_HOST = 16;
export const EXPECT = 17;
export const VIA = 18;
export const AUTHORIZATION = 19;
export const MAX_FORWARDS = 20;
export const DATE = 21;
export const REQUEST_ID = 22;
export const REAL_IP = 23;
export const ACCEPT_ENCODING = 24;
/** One of the names here, of any kind, with underscores for hyphens: CGI, like its successors, turns both into the same name. */
export const LOOKALIKE = 25;
/** CGI turns Proxy into HTTP_PROXY, where HTTP clients look for the proxy of their own requests (CVE-2016-5385). */
export const PROXY = 26;
/** What proxies tell backends about a client and its connection, and frameworks believe: who it is, by what address, host,
 * path and scheme it came. Passed on for trusted peers only; any other client would speak for itself. */
export const CLAIM = 27;
export const FORWARDED_PORT = 28;
/** RFC 8586. */
export const CDN_LOOP = 29;
/** What a request depends on: If-Match, If-None-Match and their like (RFC 9110 13.1), and the If of WebDAV. */
const CONDITION = 30;
export const LOCATION = 31;
export const CONTENT_LOCATION = 32;
export const SET_COOKIE = 33;
/** Where a WebDAV request wants something to be (RFC 4918 10.3). */
const DESTINATION = 34;
export const FORWARDED_PREFIX = 35;
/** Where else the same is served (RFC 7838): of an origin's address clients are to know nothing. */
export const ALT_SVC = 36;
/** W3C Trace Context. */
export const TRACEPARENT = 37;
const TRACESTATE = 38;

/** One more than the largest kind. */
const KINDS = 39;

/** Fields that the gateway only looks at: they are passed on, edited and nominated like any other. */
export const ORDINARY: readonly number[] = [
  OTHER,
  CONDITION,
  LOCATION,
  CONTENT_LOCATION,
  SET_COOKIE,
  DESTINATION,
  TRACEPARENT,
  TRACESTATE,
];

const NAMES: readonly (readonly [string, number])[] = [
  ['host', HOST],
  ['connection', CONNECTION],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['keep-alive', KEEP_ALIVE],
  ['te', TE],
  ['trailer', TRAILER],
  ['upgrade', UPGRADE],
  ['proxy-connection', PROXY_CONNECTION],
  ['proxy-authenticate', PROXY_AUTHENTICATE],
  ['proxy-authorization', PROXY_AUTHORIZATION],
  ['http2-settings', HTTP2_SETTINGS],
  ['forwarded', FORWARDED],
  ['x-forwarded-for', FORWARDED_FOR],
  ['x-forwarded-proto', FORWARDED_PROTO],
  ['x-forwarded-host', FORWARDED_HOST],
  ['expect', EXPECT],
  ['via', VIA],
  ['authorization', AUTHORIZATION],
  ['max-forwards', MAX_FORWARDS],
  ['date', DATE],
  ['x-request-id', REQUEST_ID],
  ['x-real-ip', REAL_IP],
  ['accept-encoding', ACCEPT_ENCODING],
  ['proxy', PROXY],
  ['cdn-loop', CDN_LOOP],
  ['if', CONDITION],
  ['location', LOCATION],
  ['content-location', CONTENT_LOCATION],
  ['set-cookie', SET_COOKIE],
  ['destination', DESTINATION],
  ['alt-svc', ALT_SVC],
  ['traceparent', TRACEPARENT],
  ['tracestate', TRACESTATE],
];

// One slot for each length and first letter. No two names share both, so one comparison decides.
const LONGEST = 19;
const SLOTS = new Uint8Array((LONGEST + 1) * 32);
const BYTES_OF: Uint8Array[] = new Array<Uint8Array>(KINDS).fill(EMPTY);
for (const [name, kind] of NAMES) {
  const bytes = ascii(name);
  const slot = name.length * 32 + (bytes[0] & 31);
  if (SLOTS[slot] !== 0) throw new Error(`field name ${name} needs a slot of its own`);
  SLOTS[slot] = kind;
  BYTES_OF[kind] = bytes;
}

/** Names of CLAIM, by which proxies, and the services in front of them, speak to frameworks. With a hyphen at its end: every name
 * that begins like this. */
export const CLAIM_NAMES: readonly string[] = [
  'x-forwarded',
  'x-forwarded-',
  'x-original-',
  'x-rewrite-',
  'x-scheme',
  'x-url-scheme',
  'x-script-name',
  'front-end-https',
  'client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'x-proxyuser-ip',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-visitor',
  'fastly-client-ip',
  'remote-',
  'x-remote-',
  'x-auth-request-',
  'x-webauth-user',
  'ssl-client-',
  'x-ssl-',
  'x-client-cert',
  'x-client-cert-',
  'client-cert',
  'client-cert-',
];

type Claim = { readonly name: Uint8Array; readonly isPrefix: boolean; readonly kind: number };

// The claims that have a first and a third letter in common, in one list: these two rule out nearly every other name.
const CLAIMS_AT = new Uint8Array(1024);
const CLAIM_LISTS: Claim[][] = [[]];
addClaim('if-', CONDITION);
addClaim('x-forwarded-port', FORWARDED_PORT);
addClaim('x-forwarded-prefix', FORWARDED_PREFIX);
for (const name of CLAIM_NAMES) addClaim(name, CLAIM);

function addClaim(text: string, kind: number): void {
  const name = ascii(text);
  const claim = { name, isPrefix: text.endsWith('-'), kind };
  for (const third of name[2] === HYPHEN ? [HYPHEN, UNDERSCORE] : [name[2]]) {
    const place = claimPlace(name[0], third);
    if (CLAIMS_AT[place] === 0) CLAIMS_AT[place] = CLAIM_LISTS.push([]) - 1;
    CLAIM_LISTS[CLAIMS_AT[place]].push(claim);
  }
}

// Upper and lower case have the same last five bits.
function claimPlace(first: number, third: number): number {
  return ((first & 31) << 5) | (third & 31);
}

/** The kind of the field name at bytes[start, start + length). */
export function classify(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] & 31;
  const kind = length > LONGEST ? OTHER : SLOTS[length * 32 + first];
  if (kind !== OTHER && equalsLowered(bytes, start, BYTES_OF[kind])) return kind;
  const list = CLAIMS_AT[(first << 5) | (bytes[start + 2] & 31)];
  return kind === OTHER && list === 0 ? OTHER : classifyRare(bytes, start, length, kind, CLAIM_LISTS[list]);
}

// A name with the length and first letter of one of that kind, or with two letters of a claim.
function classifyRare(
  bytes: Uint8Array,
  start: number,
  length: number,
  alike: number,
  claims: readonly Claim[],
): number {
  if (alike !== OTHER && isLookalike(bytes, start, BYTES_OF[alike])) return LOOKALIKE;
  for (const { name, isPrefix, kind } of claims) {
    const mayBe = isPrefix ? length > name.length : length === name.length;
    if (!mayBe || !isLookalike(bytes, start, name)) continue;
    for (let i = 0; i < length; i++) if (bytes[start + i] === UNDERSCORE) return LOOKALIKE;
    return kind;
  }
  return OTHER;
}

function isLookalike(bytes: Uint8Array, start: number, lowered: Uint8Array): boolean {
  for (let i = 0; i < lowered.length; i++) {
    const byte = bytes[start + i] === UNDERSCORE ? HYPHEN : LOWER[bytes[start + i]];
    if (byte !== lowered[i]) return false;
  }
  return true;
}

/** The head has a field that some part of the gateway looks for. Most have none, so that nobody looks through their fields. */
export const HINT_LOOP = 1;
export const HINT_CONDITION = 2;
export const HINT_LOCATION = 4;
export const HINT_COOKIE = 8;
export const HINT_DESTINATION = 16;
export const HINT_TRACE = 32;
export const HINT_TRACE_STATE = 64;

/** The hint that a field of each kind gives. */
export const HINTS = new Uint8Array(KINDS);
HINTS[CDN_LOOP] = HINT_LOOP;
HINTS[CONDITION] = HINT_CONDITION;
HINTS[LOCATION] = HINT_LOCATION;
HINTS[CONTENT_LOCATION] = HINT_LOCATION;
HINTS[SET_COOKIE] = HINT_COOKIE;
HINTS[DESTINATION] = HINT_DESTINATION;
HINTS[TRACEPARENT] = HINT_TRACE;
HINTS[TRACESTATE] = HINT_TRACE_STATE;

/** A table with 1 for each of the given kinds. */
export function kindTable(kinds: readonly number[]): Uint8Array {
  const table = new Uint8Array(KINDS);
  for (const kind of kinds) table[kind] = 1;
  return table;
}
