// HPACK encoding (RFC 7541), with a dynamic table of the fields that repeat from one head to the next.
import { copy } from '../core/copy-bytes.ts';
import { COLON, EMPTY, LF, LOWER, ascii, equalsExactly, equalsLowered } from '../message/bytes.ts';
import { STATIC_FIELDS } from './hpack-static.ts';

/** Of the table, where the peer does not want it smaller. */
const TABLE_BYTES = 4096;
const ENTRY_COST = 32;
const MOST_ENTRIES = TABLE_BYTES / ENTRY_COST;
const STATIC_COUNT = STATIC_FIELDS.length;
const LONGEST_KEPT = 128;
// After so many other values in a row, only each so-manieth is kept: what changes with every head would only push others out.
const PATIENCE = 8;
const RARELY = 32;
const ZERO = 0x30;

const INDEXED = 0x80;
const KEPT = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_KEPT = 0x10;
const NOT_KEPT = 0x00;

// Secrets are never kept in a table, here or by whoever passes the head on, so that nobody learns them by trying what makes a
// head shorter (RFC 7541 7.1).
const SECRET = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'];

// What may be the same from head to head.
const REPEATING = [
  ':authority',
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-ranges',
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'allow',
  'alt-svc',
  'cache-control',
  'cdn-loop',
  'content-encoding',
  'content-language',
  'content-length',
  'content-security-policy',
  'content-type',
  'date',
  'etag',
  'expires',
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-status',
  'last-modified',
  'permissions-policy',
  'referrer-policy',
  'server',
  'strict-transport-security',
  'te',
  'user-agent',
  'vary',
  'via',
  'x-content-type-options',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-frame-options',
  'x-real-ip',
];

type Name = { readonly bytes: Uint8Array; readonly index: number; readonly repeats: boolean; readonly form: number };

// By a hash of length, first and last byte; the next slots have what is there already. NAMES[0] stands for any other name.
const SLOTS = 512;
const BY_HASH = new Uint8Array(SLOTS);
const OTHER_NAME: Name = { bytes: EMPTY, index: 0, repeats: false, form: NOT_KEPT };
const NAMES: readonly Name[] = makeNames();

function makeNames(): readonly Name[] {
  const index = new Map<string, number>();
  for (const [at, [name]] of STATIC_FIELDS.entries()) if (!index.has(name)) index.set(name, at + 1);
  const texts = new Set([...index.keys(), ...REPEATING]);
  const names = [OTHER_NAME];
  for (const text of texts) {
    const bytes = ascii(text);
    let slot = slotOf(bytes, 0, bytes.length);
    while (BY_HASH[slot] !== 0) slot = (slot + 1) % SLOTS;
    BY_HASH[slot] = names.length;
    const form = SECRET.includes(text) ? NEVER_KEPT : NOT_KEPT;
    names.push({ bytes, index: index.get(text) ?? 0, repeats: REPEATING.includes(text), form });
  }
  return names;
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  return (LOWER[bytes[start]] * 7 + LOWER[bytes[end - 1]] * 31 + (end - start) * 5) % SLOTS;
}

// In NAMES; 0: another name.
function nameNumber(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  for (let slot = slotOf(bytes, start, end); BY_HASH[slot] !== 0; slot = (slot + 1) % SLOTS) {
    const name = NAMES[BY_HASH[slot]].bytes;
    if (name.length === end - start && equalsLowered(bytes, start, name)) return BY_HASH[slot];
  }
  return 0;
}

const AUTHORITY_NUMBER = nameNumber(ascii(':authority'), 0, 10);
const PATH_INDEX = 4;
const METHOD_INDEX = 2;
const GET = ascii('GET');
const POST = ascii('POST');
const SCHEME_INDEX = { http: 6, https: 7 } as const;
const ROOT = ascii('/');
const STATUS_INDEX = 8;
const STATUSES = new Uint8Array(1000);
for (const [at, [name, value]] of STATIC_FIELDS.entries()) if (name === ':status') STATUSES[Number(value)] = at + 1;

// The latest entry with a name.
type Sent = { value: Uint8Array; position: number; misses: number };

/** Encodes the heads that one connection sends, in order: `begin`, the pseudo-fields, the fields, `end`. */
export class HpackEncoder {
  private readonly sent = new Array<Sent | null>(NAMES.length).fill(null);
  // What each live entry counts, by its position.
  private readonly costs = new Uint16Array(MOST_ENTRIES);
  private inserted = 0;
  private count = 0;
  private used = 0;
  private limit = TABLE_BYTES;
  private announces = false;
  private out: Uint8Array = EMPTY;
  private at = 0;

  /** `secrets`: names, in lower case, of more fields that are never to be kept. */
  constructor(private readonly secrets: readonly Uint8Array[] = []) {}

  /** The peer keeps a table of so many bytes at the most. */
  setLimit(limit: number): void {
    if (limit >= this.limit) return;
    this.limit = limit;
    this.announces = true;
    this.evict(0);
  }

  /** Begins a block at `from`; there is room for it. */
  begin(out: Uint8Array, from: number): void {
    this.out = out;
    this.at = from;
    if (!this.announces) return;
    this.announces = false;
    this.integer(SIZE_UPDATE, 0x1f, this.limit);
  }

  /** Returns where the block ends. */
  end(): number {
    this.out = EMPTY;
    return this.at;
  }

  status(status: number): void {
    const { out } = this;
    const index = STATUSES[status];
    if (index !== 0) return this.integer(INDEXED, 0x7f, index);
    this.integer(NOT_KEPT, 0x0f, STATUS_INDEX);
    out[this.at++] = 3;
    out[this.at++] = ZERO + Math.floor(status / 100);
    out[this.at++] = ZERO + (Math.floor(status / 10) % 10);
    out[this.at++] = ZERO + (status % 10);
  }

  /** The method bytes[start, end). */
  method(bytes: Uint8Array, start: number, end: number): void {
    if (isText(GET, bytes, start, end)) return this.integer(INDEXED, 0x7f, METHOD_INDEX);
    if (isText(POST, bytes, start, end)) return this.integer(INDEXED, 0x7f, METHOD_INDEX + 1);
    this.integer(NOT_KEPT, 0x0f, METHOD_INDEX);
    this.text(bytes, start, end);
  }

  scheme(scheme: 'http' | 'https'): void {
    this.integer(INDEXED, 0x7f, SCHEME_INDEX[scheme]);
  }

  authority(bytes: Uint8Array, start: number, end: number): void {
    this.repeating(AUTHORITY_NUMBER, bytes, start, end);
  }

  path(bytes: Uint8Array, start: number, end: number): void {
    if (isText(ROOT, bytes, start, end)) return this.integer(INDEXED, 0x7f, PATH_INDEX);
    this.integer(NOT_KEPT, 0x0f, PATH_INDEX);
    this.text(bytes, start, end);
  }

  /** Another pseudo-field, which no table keeps. */
  pseudo(name: Uint8Array, value: Uint8Array): void {
    this.integer(NOT_KEPT, 0x0f, 0);
    this.name(name, 0, name.length);
    this.text(value, 0, value.length);
  }

  /** The field whose name is bytes[name, nameEnd), in any case, and whose value is bytes[start, end). */
  field(bytes: Uint8Array, name: number, nameEnd: number, start: number, end: number): void {
    const number = nameNumber(bytes, name, nameEnd);
    const { index, repeats, form } = NAMES[number];
    const isSecret = this.secrets.length > 0 && this.isSecret(bytes, name, nameEnd);
    if (repeats && !isSecret) return this.repeating(number, bytes, start, end);
    this.integer(isSecret ? NEVER_KEPT : form, 0x0f, index);
    if (index === 0) this.name(bytes, name, nameEnd);
    this.text(bytes, start, end);
  }

  private isSecret(bytes: Uint8Array, start: number, end: number): boolean {
    for (const name of this.secrets) if (name.length === end - start && equalsLowered(bytes, start, name)) return true;
    return false;
  }

  /** The lines `name: value CRLF` in bytes[start, end). */
  lines(bytes: Uint8Array, start: number, end: number): void {
    for (let line = start; line < end; ) {
      const colon = endOfName(bytes, line);
      const next = bytes.indexOf(LF, colon) + 1;
      this.field(bytes, line, colon, colon + 2, next - 2);
      line = next;
    }
  }

  private repeating(number: number, bytes: Uint8Array, start: number, end: number): void {
    const sent = this.sent[number];
    const isLive = sent !== null && this.inserted - sent.position <= this.count;
    if (isLive && isText(sent.value, bytes, start, end)) {
      sent.misses = 0;
      return this.integer(INDEXED, 0x7f, this.indexOf(sent));
    }
    const name = NAMES[number];
    const index = name.index === 0 && isLive ? this.indexOf(sent) : name.index;
    const isKept = this.keep(number, bytes, start, end);
    if (isKept) this.integer(KEPT, 0x3f, index);
    else this.integer(NOT_KEPT, 0x0f, index);
    if (index === 0) this.name(name.bytes, 0, name.bytes.length);
    this.text(bytes, start, end);
  }

  private indexOf(sent: Sent): number {
    return STATIC_COUNT + this.inserted - sent.position;
  }

  // The peer reads an index before it makes room for the new entry, so that it has been worked out already.
  private keep(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const sent = this.sent[number];
    const cost = NAMES[number].bytes.length + end - start + ENTRY_COST;
    const misses = sent === null ? 0 : ++sent.misses;
    if (cost > this.limit || end - start > LONGEST_KEPT || (misses > PATIENCE && misses % RARELY !== 0)) return false;
    this.evict(cost);
    this.costs[this.inserted % MOST_ENTRIES] = cost;
    this.used += cost;
    this.count++;
    this.sent[number] = { value: bytes.slice(start, end), position: this.inserted++, misses };
    return true;
  }

  private evict(needed: number): void {
    while (this.count > 0 && this.used + needed > this.limit)
      this.used -= this.costs[(this.inserted - this.count--) % MOST_ENTRIES];
  }

  private name(bytes: Uint8Array, start: number, end: number): void {
    this.integer(0, 0x7f, end - start);
    for (let i = start; i < end; i++) this.out[this.at++] = LOWER[bytes[i]];
  }

  private text(bytes: Uint8Array, start: number, end: number): void {
    this.integer(0, 0x7f, end - start);
    this.at = copy(this.out, this.at, bytes, start, end);
  }

  private integer(pattern: number, mask: number, value: number): void {
    const { out } = this;
    if (value < mask) {
      out[this.at++] = pattern | value;
      return;
    }
    out[this.at++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) out[this.at++] = (rest & 0x7f) | 0x80;
    out[this.at++] = rest;
  }
}

/** Where the name of the line at `from` ends. A loop: names are short, and a native search costs more than most of them. */
export function endOfName(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] !== COLON) at++;
  return at;
}

function isText(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  return text.length === end - start && equalsExactly(bytes, start, text);
}

/** No block is longer whose status or request line and fields are so many bytes of an HTTP/1.1 head. */
export function blockBound(textBytes: number): number {
  return textBytes + (textBytes >> 2) + 64;
}
