// Changes of a head as data. A policy makes an edit once where it does not depend on the message. The writer of the
// head carries it out, in any protocol. An edit of a field that frames the message, concerns one connection, or is set
// by the gateway cannot be made, so that no edit needs to be checked while requests pass.
import { EMPTY, SP, TAB, TOKEN, VALUE, ascii, equalsLowered, join, latin1 } from './bytes.ts';
import {
  ACCEPT_ENCODING,
  ALT_SVC,
  AUTHORIZATION,
  CDN_LOOP,
  CLAIM,
  DATE,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  ORDINARY,
  REAL_IP,
  VIA,
  classify,
  kindTable,
} from './field-names.ts';
import { isText } from './field-value.ts';
import type { Head } from './head.ts';

export type Direction = 'request' | 'response';

/** One change. `remove` leaves out all fields of that name, `set` writes this field in their place, `append` writes it
 * after them. Only `requestEdit` and `responseEdit` make edits. */
export type Edit<D extends Direction> = {
  readonly direction: D;
  readonly kind: 'remove' | 'set' | 'append';
  /** As it appears on the wire. */
  readonly name: Uint8Array;
  readonly loweredName: Uint8Array;
  /** The kind of the name (field-names.ts). */
  readonly nameKind: number;
  /** EMPTY for `remove`. */
  readonly value: Uint8Array;
  /** The line that HTTP/1.1 has of it, with its CR LF; EMPTY for `remove`. */
  readonly line: Uint8Array;
};

// Names of any other kind are set by the gateway, or by HTTP itself.
const EDITABLE = {
  request: kindTable([...ORDINARY, ALT_SVC, AUTHORIZATION, CLAIM, ACCEPT_ENCODING, DATE]),
  response: kindTable([
    ...ORDINARY,
    AUTHORIZATION,
    CLAIM,
    FORWARDED_PORT,
    FORWARDED_PREFIX,
    REAL_IP,
    ACCEPT_ENCODING,
    VIA,
    CDN_LOOP,
    ALT_SVC,
  ]),
} as const;

const COLON_SP = ascii(': ');
const LINE_END = ascii('\r\n');

const MAX_NAME_BYTES = 256;
const MAX_VALUE_BYTES = 8 * 1024;
// For all names and values that are added to one head. With this limit they fit into the output buffer together with
// the largest head that is accepted.
const MAX_ADDED_BYTES = 32 * 1024;

/** The reason why an edit with that name and value cannot be made, for people; null: it can. */
export function whyNoEdit(direction: Direction, name: string, value = ''): string | null {
  if (name === '' || name.length > MAX_NAME_BYTES) return 'a field name has 1 to 256 characters';
  const bytes = bytesOf(name);
  if (bytes === null || bytes.some((byte) => TOKEN[byte] === 0)) return `${name} is no field name`;
  if (EDITABLE[direction][classify(bytes, 0, bytes.length)] === 0) return `${name} is set by the gateway alone`;
  if (value.length > MAX_VALUE_BYTES) return `the value of ${name} is longer than 8 KiB`;
  const text = bytesOf(value);
  if (text === null || text.some((byte) => VALUE[byte] === 0))
    return `the value of ${name} has a character that no field may have`;
  const isPadded = text.length > 0 && (isSpace(text[0]) || isSpace(text[text.length - 1]));
  return isPadded ? `the value of ${name} begins or ends with white space` : null;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB;
}

// One byte for each character; null: a character does not fit into one.
function bytesOf(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return null;
    bytes[i] = code;
  }
  return bytes;
}

function isNamed({ bytes, fields }: Head, f: number, loweredName: Uint8Array): boolean {
  const start = fields[f * 4];
  return fields[f * 4 + 1] - start === loweredName.length && equalsLowered(bytes, start, loweredName);
}

// A name with underscores goes to no backend as a rule, but a tenant may allow it: whoever may remove a field may remove it in that
// spelling, too.
function withHyphens(name: string): string {
  return name.replaceAll('_', '-');
}

/** Makes edits of one direction. Throws where `whyNoEdit` has a reason. */
export class EditMaker<D extends Direction> {
  constructor(private readonly direction: D) {}

  remove(name: string): Edit<D> {
    return this.make('remove', name, '');
  }

  set(name: string, value: string): Edit<D> {
    return this.make('set', name, value);
  }

  append(name: string, value: string): Edit<D> {
    return this.make('append', name, value);
  }

  /** An edit with another value, which must be one that a field may have: it is not checked. */
  withValue(edit: Edit<D>, value: Uint8Array): Edit<D> {
    const { direction, kind, name, loweredName, nameKind } = edit;
    return { direction, kind, name, loweredName, nameKind, value, line: join(name, COLON_SP, value, LINE_END) };
  }

  private make(kind: Edit<D>['kind'], name: string, value: string): Edit<D> {
    const reason = whyNoEdit(this.direction, kind === 'remove' ? withHyphens(name) : name, value);
    const bytes = bytesOf(name);
    const text = bytesOf(value);
    if (reason !== null || bytes === null || text === null) throw new Error(`not an edit: ${reason}`);
    return {
      direction: this.direction,
      kind,
      name: bytes,
      loweredName: bytes.map((byte) => TOKEN[byte]),
      nameKind: classify(bytes, 0, bytes.length),
      value: text,
      line: kind === 'remove' ? EMPTY : join(bytes, COLON_SP, text, LINE_END),
    };
  }
}

/** Edits of the head that goes to a backend. */
export const requestEdit = new EditMaker('request');
/** Edits of the head that goes to a client. */
export const responseEdit = new EditMaker('response');

/** The edits of a head at one time. */
export type EditsMark<D extends Direction> = {
  readonly added: readonly Edit<D>[];
  /** Names in lower case. */
  readonly removed: readonly Uint8Array[];
  readonly replaced: readonly number[];
};

/** The edits of one head, in the order in which they were added. Used again after `clear`. */
export class Edits<D extends Direction> {
  /** How many fields are added. */
  additions = 0;
  /** How many bytes the names and values of these fields have. */
  addedBytes = 0;
  // `clear` leaves both arrays as they are, and only their counts become 0: emptying an array and filling it again
  // costs more than everything else here.
  private readonly added: Edit<D>[] = [];
  /** Names in lower case. */
  private readonly removed: Uint8Array[] = [];
  private removals = 0;
  /** The numbers of the fields that others stand for. */
  private readonly replaced: number[] = [];
  private replacements = 0;
  /** One bit for the length of each name that is removed or replaced, so that most fields are passed over by their length. */
  private lengths = 0;
  /** The same for the names that are added. */
  private addedLengths = 0;

  get isEmpty(): boolean {
    return this.additions === 0 && this.removals === 0;
  }

  add(edit: Edit<D>): void {
    if (edit.kind !== 'append') this.remove(edit.loweredName);
    if (edit.kind === 'remove') return;
    const bytes = edit.name.length + edit.value.length;
    if (this.addedBytes + bytes > MAX_ADDED_BYTES) throw new Error('more than 32 KiB are added to one head');
    this.addAtEnd(edit);
  }

  private addAtEnd(edit: Edit<D>): void {
    this.addedBytes += edit.name.length + edit.value.length;
    this.addedLengths |= lengthBit(edit.name.length);
    this.added[this.additions++] = edit;
  }

  /** Writes another field in place of field `f` of the head, which goes on unless it is removed. Others of its name stay. False:
   * no more can be added to one head. */
  replace(head: Head, f: number, edit: Edit<D>): boolean {
    const bytes = edit.name.length + edit.value.length;
    if (this.addedBytes + bytes > MAX_ADDED_BYTES) return false;
    this.addAtEnd(edit);
    this.replaced[this.replacements++] = f;
    this.lengths |= lengthBit(head.fields[f * 4 + 1] - head.fields[f * 4]);
    return true;
  }

  /** The edit that adds a field: from 0 to below `additions`, in the order in which they are written. */
  addition(at: number): Edit<D> {
    return this.added[at];
  }

  /** Takes over all edits of another one, in place of its own. */
  copyFrom(other: Edits<D>): void {
    this.clear();
    for (let at = 0; at < other.additions; at++) this.added[at] = other.added[at];
    for (let at = 0; at < other.removals; at++) this.removed[at] = other.removed[at];
    for (let at = 0; at < other.replacements; at++) this.replaced[at] = other.replaced[at];
    this.additions = other.additions;
    this.removals = other.removals;
    this.replacements = other.replacements;
    this.lengths = other.lengths;
    this.addedLengths = other.addedLengths;
    this.addedBytes = other.addedBytes;
  }

  /** What there is so far, to come back to. */
  get mark(): EditsMark<D> {
    const { additions, removals, replacements } = this;
    return {
      added: this.added.slice(0, additions),
      removed: this.removed.slice(0, removals),
      replaced: this.replaced.slice(0, replacements),
    };
  }

  /** Takes back all edits that were made since. */
  backTo({ added, removed, replaced }: EditsMark<D>): void {
    this.clear();
    for (const edit of added) this.addAtEnd(edit);
    for (const name of removed) this.leaveOut(name);
    for (const f of replaced) this.replaced[this.replacements++] = f;
    // Lengths of fields that were replaced are not known any more.
    if (replaced.length > 0) this.lengths = -1;
  }

  /** The fields of a head that stay, and those that are added, by the edits that were made since. `isLeftOut`: of a field by its
   * number, whatever the edits are. */
  fieldsSince(
    { added, removed, replaced }: EditsMark<D>,
    head: Head,
    isLeftOut: (f: number) => boolean,
  ): readonly (readonly [string, string])[] {
    const { bytes, fields } = head;
    const later = this.removed.slice(removed.length, this.removals);
    const gone = new Set(this.replaced.slice(replaced.length, this.replacements));
    const kept: (readonly [string, string])[] = [];
    for (let f = 0; f < head.count; f++) {
      if (isLeftOut(f) || gone.has(f) || later.some((name) => isNamed(head, f, name))) continue;
      const [name = 0, nameEnd = 0, value = 0, valueEnd = 0] = fields.subarray(f * 4, f * 4 + 4);
      kept.push([latin1(bytes, name, nameEnd), latin1(bytes, value, valueEnd)]);
    }
    const before = new Set(added);
    for (const { name, value } of this.added.slice(0, this.additions).filter((edit) => !before.has(edit)))
      kept.push([latin1(name, 0, name.length), latin1(value, 0, value.length)]);
    return kept;
  }

  clear(): void {
    if (this.isEmpty) return;
    this.additions = 0;
    this.removals = 0;
    this.replacements = 0;
    this.lengths = 0;
    this.addedLengths = 0;
    this.addedBytes = 0;
  }

  /** True if field `f` of the head is not passed on. */
  removes(head: Head, f: number): boolean {
    const length = head.fields[f * 4 + 1] - head.fields[f * 4];
    if ((this.lengths & lengthBit(length)) === 0) return false;
    for (let at = 0; at < this.replacements; at++) if (this.replaced[at] === f) return true;
    for (let at = 0; at < this.removals; at++) if (isNamed(head, f, this.removed[at])) return true;
    return false;
  }

  /** True if a field is added that has the name of field `f`. */
  adds(head: Head, f: number): boolean {
    const length = head.fields[f * 4 + 1] - head.fields[f * 4];
    if ((this.addedLengths & lengthBit(length)) === 0) return false;
    for (let at = 0; at < this.additions; at++) if (isNamed(head, f, this.added[at].loweredName)) return true;
    return false;
  }

  /** True if the message has a field of this name once all edits are carried out. `isThere`: it came with one. */
  leaves({ loweredName }: Edit<D>, isThere: boolean): boolean {
    return this.hasAdded(loweredName) || (isThere && !this.hasRemoved(loweredName));
  }

  private hasAdded(name: Uint8Array): boolean {
    if ((this.addedLengths & lengthBit(name.length)) === 0) return false;
    for (let at = 0; at < this.additions; at++) if (isSame(this.added[at].loweredName, name)) return true;
    return false;
  }

  private hasRemoved(name: Uint8Array): boolean {
    if ((this.lengths & lengthBit(name.length)) === 0) return false;
    for (let at = 0; at < this.removals; at++) if (isSame(this.removed[at], name)) return true;
    return false;
  }

  /** True if fields of this name are removed, set or appended. */
  changes({ loweredName }: Edit<D>): boolean {
    return this.hasAdded(loweredName) || this.hasRemoved(loweredName);
  }

  /** Like `add`; false: no more can be added to one head. */
  addIfRoom(edit: Edit<D>): boolean {
    if (this.addedBytes + edit.name.length + edit.value.length > MAX_ADDED_BYTES) return false;
    this.add(edit);
    return true;
  }

  /** Like `removes`, for a name that is a string so far. */
  removesNamed(name: string): boolean {
    const lowered = name.toLowerCase();
    for (let at = 0; at < this.removals; at++) {
      if (isText(this.removed[at], 0, this.removed[at].length, lowered)) return true;
    }
    return false;
  }

  // Also takes back a field of that name that an earlier edit has added.
  private remove(name: Uint8Array): void {
    if (this.hasAdded(name)) this.takeBack(name);
    this.leaveOut(name);
  }

  private takeBack(name: Uint8Array): void {
    let kept = 0;
    for (let at = 0; at < this.additions; at++) {
      const edit = this.added[at];
      if (isSame(edit.loweredName, name)) this.addedBytes -= edit.name.length + edit.value.length;
      else this.added[kept++] = edit;
    }
    this.additions = kept;
  }

  private leaveOut(name: Uint8Array): void {
    if (this.hasRemoved(name)) return;
    this.removed[this.removals++] = name;
    this.lengths |= lengthBit(name.length);
  }
}

function lengthBit(length: number): number {
  return 1 << (length & 31);
}

function isSame(name: Uint8Array, other: Uint8Array): boolean {
  return name === other || (name.length === other.length && equalsLowered(name, 0, other));
}
