// gRPC as browsers speak it (PROTOCOL-WEB of the authors of gRPC): without trailers, which are the last frame of the body.
import { CR, LF, ascii, join, latin1 } from './bytes.ts';
import type { Head } from './head.ts';

/** Of a frame with trailers. A frame with a message begins with 0, or with 1 where it is compressed. */
const TRAILERS = 0x80;
/** What a frame begins with: its kind, and the length of the rest. */
export const FRAME_HEAD = 5;

const COLON_SP = ascii(': ');
const LINE_END = Uint8Array.of(CR, LF);
const GROUP = 4;

export type WebField = { readonly name: string; readonly value: Uint8Array };

/** The fields of a head in the form of a frame's. */
export function webFieldsOf({ bytes, fields, count }: Head): readonly WebField[] {
  return Array.from({ length: count }, (_, f) => {
    const [name = 0, nameEnd = 0, value = 0, valueEnd = 0] = fields.subarray(f * 4, f * 4 + 4);
    return { name: latin1(bytes, name, nameEnd).toLowerCase(), value: bytes.slice(value, valueEnd) };
  });
}

/** The frame that ends the body of an answer. */
export function trailerFrame(fields: readonly WebField[]): Uint8Array {
  const lines = join(...fields.flatMap(({ name, value }) => [ascii(name), COLON_SP, value, LINE_END]));
  const head = new Uint8Array(FRAME_HEAD);
  const view = new DataView(head.buffer);
  view.setUint8(0, TRAILERS);
  view.setUint32(1, lines.length);
  return join(head, lines);
}

/** Bytes as Base64, padded. */
export function toBase64(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return ascii(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('base64'));
}

/** What a text says, which may be made of several that are padded each; null: it is no Base64. */
export function fromBase64(text: Uint8Array): Uint8Array | null {
  const parts: Uint8Array[] = [];
  for (const [part] of latin1(text, 0, text.length).matchAll(/[^=]+={0,2}|=+/g)) {
    if (part.length % GROUP !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(part)) return null;
    parts.push(Buffer.from(part, 'base64'));
  }
  return join(...parts);
}
