// Trailers apart from their body, as a head that has fields and no start line.
import { COLON, CR, LF, SP, TAB } from '../message/bytes.ts';
import { classify } from '../message/field-names.ts';
import { type Head, acquireHead } from '../message/head.ts';

/** The head of these lines, which a ChunkScanner has validated: each is `name:value CRLF`, with or without white space
 * around the value. The caller releases the head. */
export function trailerHead(lines: Uint8Array): Head {
  const head = acquireHead();
  const bytes = new Uint8Array(lines.length + 2);
  bytes.set(lines);
  bytes[lines.length] = CR;
  bytes[lines.length + 1] = LF;
  head.bytes = bytes;
  head.end = bytes.length;
  head.reserve(lines.reduce((count, byte) => (byte === LF ? count + 1 : count), 0));
  for (let at = 0; at < lines.length; ) at = addField(head, at);
  return head;
}

// Returns where the next line begins.
function addField(head: Head, line: number): number {
  const { bytes, fields, count } = head;
  const colon = bytes.indexOf(COLON, line);
  const end = bytes.indexOf(CR, colon);
  let valueStart = colon + 1;
  while (isSpace(bytes[valueStart])) valueStart++;
  let valueEnd = end;
  while (valueEnd > valueStart && isSpace(bytes[valueEnd - 1])) valueEnd--;
  if (valueEnd !== end || valueStart !== colon + 2 || bytes[colon + 1] !== SP) head.isCanonical = false;
  fields[count * 4] = line;
  fields[count * 4 + 1] = colon;
  fields[count * 4 + 2] = valueStart;
  fields[count * 4 + 3] = valueEnd;
  head.kinds[count] = classify(bytes, line, colon - line);
  head.count++;
  return end + 2;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB;
}
