// The field names that the gateway itself understands, as small numbers. All other fields are OTHER, and only passed on.
import { EMPTY, LOWER, ascii, equalsLowered } from './bytes.ts';

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
/** One of the names above with underscores for hyphens: CGI, like its successors, turns both into the same name. */
export const LOOKALIKE = 25;
/** CGI turns Proxy into HTTP_PROXY, where HTTP clients look for the proxy of their own requests (CVE-2016-5385). */
export const PROXY = 26;

/** One more than the largest kind. */
const KINDS = 27;

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

/** The kind of the field name at bytes[start, start + length). */
export function classify(bytes: Uint8Array, start: number, length: number): number {
  if (length > LONGEST) return OTHER;
  const kind = SLOTS[length * 32 + (LOWER[bytes[start]] & 31)];
  if (kind === OTHER) return OTHER;
  if (equalsLowered(bytes, start, BYTES_OF[kind])) return kind;
  return isLookalike(bytes, start, BYTES_OF[kind]) ? LOOKALIKE : OTHER;
}

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;

function isLookalike(bytes: Uint8Array, start: number, lowered: Uint8Array): boolean {
  for (let i = 0; i < lowered.length; i++) {
    const byte = bytes[start + i] === UNDERSCORE ? HYPHEN : LOWER[bytes[start + i]];
    if (byte !== lowered[i]) return false;
  }
  return true;
}

/** A table with 1 for each of the given kinds. */
export function kindTable(kinds: readonly number[]): Uint8Array {
  const table = new Uint8Array(KINDS);
  for (const kind of kinds) table[kind] = 1;
  return table;
}
