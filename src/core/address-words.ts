// Addresses as four numbers of 32 bits, IPv4 as ::ffff:a.b.c.d, read from texts without making anything. `parseAddress` of
// cidr.ts says the same, more slowly.

/** How many numbers an address has. */
export const WORDS = 4;

const MAPPED = 0xffff;
const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
const GROUPS = 8;

const groups = new Uint16Array(GROUPS);

/** Reads the address in text[start, end) into `words`; a zone behind it (RFC 4007) is left aside. False: it is none. */
export function readAddress(text: string, start: number, end: number, words: Uint32Array): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) return readIpv6(text, start, withoutZone(text, start, end), words);
    if (code === DOT) break;
  }
  const value = readIpv4(text, start, end);
  if (value < 0) return false;
  words[0] = 0;
  words[1] = 0;
  words[2] = MAPPED;
  words[3] = value;
  return true;
}

function withoutZone(text: string, start: number, end: number): number {
  const zone = text.indexOf('%', start);
  return zone >= 0 && zone < end ? zone : end;
}

// -1: it is none.
function readIpv4(text: string, start: number, end: number): number {
  let value = 0;
  let at = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && (at >= end || text.charCodeAt(at++) !== DOT)) return -1;
    const from = at;
    let byte = 0;
    for (; at < end && isDigit(text.charCodeAt(at)); at++) byte = byte * 10 + text.charCodeAt(at) - ZERO;
    const isPadded = at - from > 1 && text.charCodeAt(from) === ZERO;
    if (at === from || at - from > 3 || byte > 255 || isPadded) return -1;
    value = value * 256 + byte;
  }
  return at === end ? value : -1;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9;
}

function readIpv6(text: string, start: number, end: number, words: Uint32Array): boolean {
  let count = 0;
  /** How many groups stand before the `::`; -1: there is none. */
  let before = -1;
  let at = start;
  if (text.startsWith('::', start)) {
    before = 0;
    at += 2;
  }
  while (at < end) {
    const stop = hexEnd(text, at, end);
    if (count === GROUPS || stop === at || stop - at > 4) return false;
    // RFC 4291 2.2: an IPv4 address may stand for the last two groups.
    if (stop < end && text.charCodeAt(stop) === DOT)
      return readTail(text, at, end, count) && spread(count + 2, before, words);
    groups[count++] = hexValue(text, at, stop);
    if (stop === end) break;
    if (text.charCodeAt(stop) !== COLON || stop + 1 === end) return false;
    at = stop + 1;
    if (text.charCodeAt(at) !== COLON) continue;
    if (before >= 0) return false;
    before = count;
    at++;
  }
  return spread(count, before, words);
}

function readTail(text: string, at: number, end: number, count: number): boolean {
  const value = count > GROUPS - 2 ? -1 : readIpv4(text, at, end);
  if (value < 0) return false;
  groups[count] = value >>> 16;
  groups[count + 1] = value & 0xffff;
  return true;
}

function spread(count: number, before: number, words: Uint32Array): boolean {
  if (before < 0 ? count !== GROUPS : count >= GROUPS) return false;
  const head = before < 0 ? count : before;
  const missing = GROUPS - count;
  for (let word = 0; word < WORDS; word++)
    words[word] = (groupAt(2 * word, head, missing) << 16) | groupAt(2 * word + 1, head, missing);
  return true;
}

function groupAt(at: number, head: number, missing: number): number {
  if (at < head) return groups[at];
  return at < head + missing ? 0 : groups[at - missing];
}

function hexEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && hexDigit(text.charCodeAt(at)) >= 0) at++;
  return at;
}

function hexValue(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 16 + hexDigit(text.charCodeAt(at));
  return value;
}

function hexDigit(code: number): number {
  if (isDigit(code)) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
