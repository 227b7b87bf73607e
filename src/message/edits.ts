// Changes of a head on its way, as data: made once where they do not depend on the message, and carried out by whoever
// writes the head, in any protocol. No edit touches what frames a message, what speaks of one connection, or what the
// gateway sets itself: such an edit cannot be made.
import { SP, TAB, TOKEN, VALUE, equalsLowered } from './bytes.ts';
import {
  ACCEPT_ENCODING,
  AUTHORIZATION,
  DATE,
  OTHER,
  REAL_IP,
  REQUEST_ID,
  VIA,
  classify,
  kindTable,
} from './field-names.ts';
import { isText } from './field-value.ts';
import type { Head } from './head.ts';

export type Direction = 'request' | 'response';

/** One change. `remove`: all fields of that name go; `set`: they go, and this one comes; `append`: this one comes beside
 * them. Made by `requestEdit` and `responseEdit` alone. */
export type Edit<D extends Direction> = {
  readonly direction: D;
  readonly kind: 'remove' | 'set' | 'append';
  /** As it appears on the wire. */
  readonly name: Uint8Array;
  readonly loweredName: Uint8Array;
  /** The name as one of those that the gateway understands. */
  readonly nameKind: number;
  /** EMPTY for `remove`. */
  readonly value: Uint8Array;
};

// Their fields are the affair of whoever sets them.
const EDITABLE = {
  request: kindTable([OTHER, AUTHORIZATION, REAL_IP, ACCEPT_ENCODING, DATE]),
  response: kindTable([OTHER, AUTHORIZATION, REAL_IP, ACCEPT_ENCODING, VIA, REQUEST_ID]),
} as const;

const MAX_NAME_BYTES = 256;
const MAX_VALUE_BYTES = 8 * 1024;
// Of all that is added to one head: with the largest head that is accepted it fits into the output.
const MAX_ADDED_BYTES = 32 * 1024;

/** Why no edit with that name and value is made, for people; null: it is. */
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

// One byte for each character; null: some character is none.
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

  private make(kind: Edit<D>['kind'], name: string, value: string): Edit<D> {
    const reason = whyNoEdit(this.direction, name, value);
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
    };
  }
}

/** Edits of the head that goes to a backend. */
export const requestEdit = new EditMaker('request');
/** Edits of the head that goes to a client. */
export const responseEdit = new EditMaker('response');

/** The edits of one head, in the order in which they were added. Used again after `clear`. */
export class Edits<D extends Direction> {
  /** How many fields are added. */
  additions = 0;
  /** Of the names and values that are added. */
  addedBytes = 0;
  // Kept longer than what is in them: to empty an array and fill it again costs more than all else here.
  private readonly added: Edit<D>[] = [];
  /** Names, lowered. */
  private readonly removed: Uint8Array[] = [];
  private removals = 0;
  /** A bit for the length of each of them: most fields are passed over by their length. */
  private lengths = 0;

  get isEmpty(): boolean {
    return this.additions === 0 && this.removals === 0;
  }

  add(edit: Edit<D>): void {
    if (edit.kind !== 'append') this.remove(edit.loweredName);
    if (edit.kind === 'remove') return;
    const bytes = edit.name.length + edit.value.length;
    if (this.addedBytes + bytes > MAX_ADDED_BYTES) throw new Error('more than 32 KiB are added to one head');
    this.addedBytes += bytes;
    this.added[this.additions++] = edit;
  }

  /** The edit that adds a field: from 0 to below `additions`, in the order in which they are written. */
  addition(at: number): Edit<D> {
    return this.added[at];
  }

  clear(): void {
    // As a rule there were none.
    if (this.isEmpty) return;
    this.additions = 0;
    this.removals = 0;
    this.lengths = 0;
    this.addedBytes = 0;
  }

  /** True if field `f` of the head is not passed on. */
  removes(head: Head, f: number): boolean {
    const length = head.fields[f * 4 + 1] - head.fields[f * 4];
    if ((this.lengths & (1 << (length & 31))) === 0) return false;
    for (let at = 0; at < this.removals; at++) if (isNamed(head, f, this.removed[at])) return true;
    return false;
  }

  /** True if a field is added that has the name of field `f`. */
  adds(head: Head, f: number): boolean {
    for (let at = 0; at < this.additions; at++) if (isNamed(head, f, this.added[at].loweredName)) return true;
    return false;
  }

  /** Like `removes`, for a name that is a string so far. */
  removesNamed(name: string): boolean {
    const lowered = name.toLowerCase();
    for (let at = 0; at < this.removals; at++) {
      if (isText(this.removed[at], 0, this.removed[at].length, lowered)) return true;
    }
    return false;
  }

  // What an earlier edit has added goes, too.
  private remove(name: Uint8Array): void {
    let kept = 0;
    for (let at = 0; at < this.additions; at++) {
      const edit = this.added[at];
      if (isSame(edit.loweredName, name)) this.addedBytes -= edit.name.length + edit.value.length;
      else this.added[kept++] = edit;
    }
    this.additions = kept;
    for (let at = 0; at < this.removals; at++) if (isSame(this.removed[at], name)) return;
    this.removed[this.removals++] = name;
    this.lengths |= 1 << (name.length & 31);
  }
}

function isSame(name: Uint8Array, other: Uint8Array): boolean {
  return name === other || (name.length === other.length && equalsLowered(name, 0, other));
}
