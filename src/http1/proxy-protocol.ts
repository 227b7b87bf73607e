// The PROXY protocol, versions 1 and 2 (haproxy.org, doc/proxy-protocol.txt): a load balancer names the client before the
// client's first byte. Only listeners that require the header read it; they refuse a connection without it.
import { parseAddress } from '../core/cidr.ts';
import { CR, EMPTY, LF, ascii, join, latin1 } from '../message/bytes.ts';

/** What the header says of a connection. */
export type ProxyHeader = {
  /** The client's address; null: the connection's own address is the client's (LOCAL, UNKNOWN). */
  readonly address: string | null;
  /** The bytes after the header: the client's first. */
  readonly rest: Uint8Array;
};

type Verdict = { readonly address: string | null; readonly end: number } | 'more' | 'refused';

const V1 = ascii('PROXY ');
const V1_MAX_BYTES = 107; // section 2.1, with its line end
const V2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const V2_HEAD_BYTES = 16;
// The limit for what follows the head; the format would allow 64 KiB. Addresses need 36 bytes, the extensions of known
// senders some hundred. More would let a peer fill memory by many connections before the gateway knows their clients.
const V2_MAX_BYTES = 4096;
const LOCAL = 0x20;
const PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;
// Both addresses and both ports.
const TCP4_BYTES = 12;
const TCP6_BYTES = 36;

/** Reads the header of one connection, which may come in pieces. */
export class ProxyHeaderParser {
  private gathered: Uint8Array = EMPTY;

  /** Takes the next bytes; called until the answer is not `more`. */
  feed(chunk: Uint8Array): ProxyHeader | 'more' | 'refused' {
    const bytes = this.gathered.length === 0 ? chunk : join(this.gathered, chunk);
    const verdict = readHeader(bytes);
    if (verdict === 'more') this.gathered = bytes;
    if (typeof verdict === 'string') return verdict;
    this.gathered = EMPTY;
    return { address: verdict.address, rest: bytes.subarray(verdict.end) };
  }
}

function readHeader(bytes: Uint8Array): Verdict {
  if (isBeginningOf(V1, bytes)) return readV1(bytes);
  return isBeginningOf(V2, bytes) ? readV2(bytes) : 'refused';
}

// Compares as many bytes as have arrived: a single wrong byte is enough to refuse the connection.
function isBeginningOf(signature: Uint8Array, bytes: Uint8Array): boolean {
  const size = Math.min(signature.length, bytes.length);
  for (let i = 0; i < size; i++) if (bytes[i] !== signature[i]) return false;
  return true;
}

function readV1(bytes: Uint8Array): Verdict {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf(LF) + 1;
  if (end === 0) return bytes.length < V1_MAX_BYTES ? 'more' : 'refused';
  if (bytes[end - 2] !== CR) return 'refused';
  const address = readV1Line(latin1(bytes, V1.length, end - 2));
  return address === 'refused' ? 'refused' : { address, end };
}

// `TCP4 192.0.2.1 198.51.100.1 56324 443`. The rest of an UNKNOWN line has no meaning (section 2.1).
function readV1Line(line: string): string | null {
  if (/^UNKNOWN(?: [\x20-\x7e]*)?$/.test(line)) return null;
  const [family = '', source = '', destination = '', ...ports] = line.split(' ');
  const isWhole = ports.length === 2 && ports.every(isPort) && (family === 'TCP4' || family === 'TCP6');
  if (!isWhole || !isOfFamily(family, source) || !isOfFamily(family, destination)) return 'refused';
  const bytes = parseAddress(source);
  return bytes === null ? 'refused' : formatAddress(bytes);
}

function isOfFamily(family: string, address: string): boolean {
  return address.includes(':') === (family === 'TCP6') && parseAddress(address) !== null;
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff;
}

function readV2(bytes: Uint8Array): Verdict {
  const { length } = bytes;
  const command = length > 12 ? bytes[12] : PROXY;
  if (command !== LOCAL && command !== PROXY) return 'refused';
  const family = length > 13 ? bytes[13] : TCP4;
  // Section 2.2: the family of a LOCAL connection is ignored.
  if (command === PROXY && family !== TCP4 && family !== TCP6) return 'refused';
  if (length < V2_HEAD_BYTES) return 'more';
  const size = bytes[14] * 256 + bytes[15];
  const needed = command === LOCAL ? 0 : family === TCP4 ? TCP4_BYTES : TCP6_BYTES;
  if (size < needed || size > V2_MAX_BYTES) return 'refused';
  const end = V2_HEAD_BYTES + size;
  if (length < end) return 'more';
  if (command === LOCAL) return { address: null, end };
  return { address: formatAddress(bytes.subarray(V2_HEAD_BYTES, V2_HEAD_BYTES + (family === TCP4 ? 4 : 16))), end };
}

// The canonical text, so that a client has only one: an IPv4 address inside an IPv6 one is written as the IPv4 address.
function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes[at * 2] * 256 + bytes[at * 2 + 1]);
  const isIpv4 = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isIpv4 ? bytes.subarray(12).join('.') : formatIpv6(groups);
}

// RFC 5952 4: lower case, no leading zeros, and the first of the longest runs of zero groups, two at least, as `::`.
function formatIpv6(groups: readonly number[]): string {
  let longest = { start: 0, size: 1 };
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > longest.size) longest = { start, size: at + 1 - start };
  }
  const text = groups.map((group) => group.toString(16));
  if (longest.size < 2) return text.join(':');
  return `${text.slice(0, longest.start).join(':')}::${text.slice(longest.start + longest.size).join(':')}`;
}
