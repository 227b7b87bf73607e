// Ranges of addresses: `10.0.0.0/8`, `::1`, `fd00::/8`.

/** The address of a range as 16 bytes (IPv4 as ::ffff:a.b.c.d), and how many of its leading bits count. */
export type AddressRange = { readonly bytes: Uint8Array; readonly bits: number };

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;
const MAPPED_BITS = 96;

/** Null if the text is no address or range, or if bits beyond the length are set: `10.0.0.1/8` is most likely a mistake. */
export function parseRange(text: string): AddressRange | null {
  const [address = '', length, ...more] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === null || more.length > 0) return null;
  const isIpv4 = !address.includes(':');
  const bits = length === undefined ? (isIpv4 ? 32 : 128) : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (bits < 0 || bits > (isIpv4 ? 32 : 128)) return null;
  const range = { bytes, bits: isIpv4 ? bits + MAPPED_BITS : bits };
  return contains(range, masked(bytes, range.bits)) && equal(bytes, masked(bytes, range.bits)) ? range : null;
}

/** The range as a text that reads as the same one. */
export function formatRange({ bytes, bits }: AddressRange): string {
  const isIpv4 = bits >= MAPPED_BITS && equal(bytes.subarray(0, MAPPED.length), Uint8Array.from(MAPPED));
  if (isIpv4) return `${bytes.subarray(MAPPED.length).join('.')}${bits === 128 ? '' : `/${bits - MAPPED_BITS}`}`;
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] << 8) | bytes[2 * at + 1]).toString(16));
  // The longest run of zeros, if it is at the end, as it is in nearly all networks.
  const address = groups.join(':').replace(/(?::0){2,}$/, '::');
  return `${address}${bits === 128 ? '' : `/${bits}`}`;
}

/** True if one of the ranges holds the address; false if the text is no address. */
export function isInRanges(ranges: readonly AddressRange[], address: string): boolean {
  if (ranges.length === 0) return false;
  const bytes = parseAddress(address);
  return bytes !== null && ranges.some((range) => contains(range, bytes));
}

// RFC 6177: the smallest network that a site is given.
const SITE_BYTES = 8;

/** Equal for addresses that count as one client: the IPv4 address itself, or the IPv6 network of 64 bits, since one client
 * may use every address of its network. */
export function clientKey(address: string): string {
  const bytes = address.includes(':') ? parseIpv6(address) : null;
  return bytes === null || equal(bytes.subarray(0, MAPPED.length), Uint8Array.from(MAPPED))
    ? address
    : `${bytes.subarray(0, SITE_BYTES).join('.')}/64`;
}

/** Whether a host, without brackets, is an address and no name. */
export function isIpAddress(host: string): boolean {
  return host.includes(':') || parseIpv4(host) !== null;
}

/** An address as 16 bytes; null if it is none. */
export function parseAddress(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null;
  return Uint8Array.from([...MAPPED, ...parts.map(Number)]);
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, at) => parseGroups(half, at === halves.length - 1));
  if (head === undefined || head === null || tail === null) return null;
  if (tail === undefined) return head.length === 16 ? Uint8Array.from(head) : null;
  const missing = 16 - head.length - tail.length;
  return missing < 2 ? null : Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

// RFC 4291 2.2: an IPv4 address may stand for the last two groups, and only for them.
function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [at, group] of groups.entries()) {
    const ipv4 = isLast && at === groups.length - 1 && group.includes('.') ? parseIpv4(group) : null;
    if (ipv4 !== null) bytes.push(...ipv4.subarray(12));
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return null;
  }
  return bytes;
}

function contains(range: AddressRange, address: Uint8Array): boolean {
  return equal(masked(address, range.bits), masked(range.bytes, range.bits));
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, at) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - at * 8))) & 0xff);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, at) => byte === b[at]);
}
