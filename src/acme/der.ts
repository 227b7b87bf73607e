// Writes and reads DER (ITU-T X.690), as far as requests for certificates need it.

/** Tags of X.690 8.1.2. */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;
const LONG_FORM = 0x80;

/** A value with its tag and length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...parts);
}

/** `[number]` of a structure; `isConstructed`: it has values within. */
export function context(number: number, isConstructed: boolean, ...parts: readonly Uint8Array[]): Buffer {
  return der(CONTEXT | (isConstructed ? CONSTRUCTED : 0) | number, ...parts);
}

/** A positive integer from its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  return der(TAG.integer, ...((bytes[0] ?? 0) >= LONG_FORM ? [Uint8Array.of(0)] : []), bytes);
}

/** `dotted`: such as `2.5.29.17`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(TAG.objectIdentifier, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** A string of bits whose number is a multiple of eight. */
export function bitString(bytes: Uint8Array): Buffer {
  return der(TAG.bitString, Uint8Array.of(0), bytes);
}

function base128(value: number): readonly number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | LONG_FORM);
  return groups;
}

function lengthOf(length: number): readonly number[] {
  if (length < LONG_FORM) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [LONG_FORM | bytes.length, ...bytes];
}

/** A value that was read: its tag, and where its content lies. */
export type Element = { readonly tag: number; readonly content: Buffer };

/** The values that stand one after the other; null: that is no DER. */
export function elementsIn(bytes: Buffer): readonly Element[] | null {
  const elements: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const read = elementAt(bytes, at);
    if (read === null) return null;
    elements.push(read);
    at = read.content.byteOffset - bytes.byteOffset + read.content.length;
  }
  return elements;
}

function elementAt(bytes: Buffer, at: number): Element | null {
  const tag = bytes[at];
  const short = bytes[at + 1];
  if (tag === undefined || short === undefined) return null;
  const more = short < LONG_FORM ? 0 : short & 0x7f;
  if (more > 4 || at + 2 + more > bytes.length) return null;
  const length = more === 0 ? short : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return start + length > bytes.length ? null : { tag, content: bytes.subarray(start, start + length) };
}
