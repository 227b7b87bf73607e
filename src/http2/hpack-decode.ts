// HPACK decoding (RFC 7541). What lies in a table is kept as a checked line with its kind: a decoded field is one copy then, and a
// client that repeats itself costs no checking.
import { copy } from '../core/copy-bytes.ts';
import { COLON, CR, LF, SP, ascii } from '../message/bytes.ts';
import { kindOf } from './field-kinds.ts';
import { STATIC_FIELDS } from './hpack-static.ts';
import { decodedBound, huffmanDecode } from './huffman.ts';

/** Takes the fields of a block, one after another. */
export interface BlockText {
  /** One field: the line `name: value CRLF` in line[0, size), and its kind (field-kinds.ts). The bytes change after the call. */
  add(line: Uint8Array, nameLength: number, size: number, kind: number): void;
}

/** Of a connection's table: what every peer may use where nothing else is said (RFC 9113 6.5.2). */
const TABLE_BYTES = 4096;
// What an entry counts beside its text (RFC 7541 4.1). A line has four bytes of its own.
const ENTRY_COST = 32;
const LINE_COST = ENTRY_COST - 4;
const MOST_ENTRIES = TABLE_BYTES / ENTRY_COST;
const STATIC_COUNT = STATIC_FIELDS.length;
// No integer of a block within its bounds has more bytes after its first.
const INTEGER_BYTES = 3;
const OUT_OF_STEP = -1;

type Entry = { readonly line: Uint8Array; readonly nameLength: number; readonly kind: number };

const STATIC: readonly Entry[] = STATIC_FIELDS.map(([name, value]) => {
  const line = ascii(`${name}: ${value}\r\n`);
  return { line, nameLength: name.length, kind: kindOf(line, name.length, line.length) };
});

// One literal field as a line: a block is decoded in one go, so that one does for all connections.
let scratch = new Uint8Array(16_384);

function makeRoom(used: number, more: number): void {
  if (used + more <= scratch.length) return;
  const larger = new Uint8Array((used + more) * 2);
  copy(larger, 0, scratch, 0, used);
  scratch = larger;
}

/** Decodes the header blocks of one connection, in order. */
export class HpackDecoder {
  // It grows from its beginning, without holes: most clients use a dozen places, and all of them would be 1 KiB.
  private readonly ring: (Entry | null)[] = [];
  private inserted = 0;
  private count = 0;
  private used = 0;
  private limit = TABLE_BYTES;
  // In the block.
  private at = 0;

  /** Decodes the block bytes[start, end), to its end even where the message is malformed, because the next block builds upon it.
   * False: the tables are out of step, and the connection is lost. */
  decode(bytes: Uint8Array, start: number, end: number, text: BlockText): boolean {
    this.at = start;
    if (!this.sizeUpdates(bytes, end)) return false;
    while (this.at < end) {
      const byte = bytes[this.at];
      if (byte < 0x80) {
        if (!this.literal(bytes, end, byte, text)) return false;
        continue;
      }
      const entry = this.entry(this.integer(bytes, end, 0x7f));
      if (entry === null) return false;
      text.add(entry.line, entry.nameLength, entry.line.length, entry.kind);
    }
    return true;
  }

  // They come only at the beginning of a block (RFC 7541 4.2).
  private sizeUpdates(bytes: Uint8Array, end: number): boolean {
    while (this.at < end && (bytes[this.at] & 0xe0) === 0x20) {
      const size = this.integer(bytes, end, 0x1f);
      if (size < 0 || size > TABLE_BYTES) return false;
      this.limit = size;
      this.evict(0);
    }
    return true;
  }

  private literal(bytes: Uint8Array, end: number, byte: number, text: BlockText): boolean {
    const isKept = byte >= 0x40;
    if (!isKept && byte >= 0x20) return false; // a size update after a field
    const nameLength = this.name(bytes, end, this.integer(bytes, end, isKept ? 0x3f : 0x0f));
    if (nameLength < 0) return false;
    makeRoom(nameLength, 2);
    scratch[nameLength] = COLON;
    scratch[nameLength + 1] = SP;
    const valueEnd = this.text(bytes, end, nameLength + 2);
    if (valueEnd < 0) return false;
    makeRoom(valueEnd, 2);
    scratch[valueEnd] = CR;
    scratch[valueEnd + 1] = LF;
    const size = valueEnd + 2;
    const kind = kindOf(scratch, nameLength, size);
    text.add(scratch, nameLength, size, kind);
    if (isKept) this.insert(nameLength, size, kind);
    return true;
  }

  // Writes a name to the scratch; returns its length.
  private name(bytes: Uint8Array, end: number, index: number): number {
    if (index === 0) return this.text(bytes, end, 0);
    const named = this.entry(index);
    if (named === null) return OUT_OF_STEP;
    makeRoom(0, named.nameLength);
    return copy(scratch, 0, named.line, 0, named.nameLength);
  }

  private insert(nameLength: number, size: number, kind: number): void {
    const cost = size + LINE_COST;
    this.evict(cost);
    if (cost > this.limit) return;
    this.ring[this.inserted++ % MOST_ENTRIES] = { line: scratch.slice(0, size), nameLength, kind };
    this.count++;
    this.used += cost;
  }

  private evict(needed: number): void {
    while (this.count > 0 && this.used + needed > this.limit) {
      const slot = (this.inserted - this.count--) % MOST_ENTRIES;
      const entry = this.ring[slot];
      if (entry !== null) this.used -= entry.line.length + LINE_COST;
      this.ring[slot] = null;
    }
  }

  private entry(index: number): Entry | null {
    if (index <= STATIC_COUNT) return index > 0 ? STATIC[index - 1] : null;
    const age = index - STATIC_COUNT;
    return age > this.count ? null : this.ring[(this.inserted - age) % MOST_ENTRIES];
  }

  private integer(bytes: Uint8Array, end: number, mask: number): number {
    let value = bytes[this.at++] & mask;
    if (value < mask) return value;
    for (let n = 0; n < INTEGER_BYTES; n++) {
      if (this.at === end) return OUT_OF_STEP;
      const byte = bytes[this.at++];
      value += (byte & 0x7f) << (n * 7);
      if (byte < 0x80) return value;
    }
    return OUT_OF_STEP;
  }

  /** Decodes a string to the scratch; returns where it ends there. */
  private text(bytes: Uint8Array, end: number, to: number): number {
    if (this.at >= end) return OUT_OF_STEP;
    const isHuffman = bytes[this.at] >= 0x80;
    const size = this.integer(bytes, end, 0x7f);
    const from = this.at;
    if (size < 0 || size > end - from) return OUT_OF_STEP;
    this.at = from + size;
    makeRoom(to, isHuffman ? decodedBound(size) : size);
    return isHuffman ? huffmanDecode(bytes, from, this.at, scratch, to) : copy(scratch, to, bytes, from, this.at);
  }
}
