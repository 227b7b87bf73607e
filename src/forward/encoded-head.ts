// The head of a response that is compressed: the backend's, with what compression changes. Made of text and parsed like
// any other, so that nobody behind it needs to know.
import { HeadParser } from '../http1/head-parser.ts';
import { MAX_HEAD_BYTES } from '../http1/output.ts';
import { isLeftOut, leavingOut } from '../http1/write-fields.ts';
import { latin1 } from '../message/bytes.ts';
import { type Edit, responseEdit } from '../message/edits.ts';
import { CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING } from '../message/field-names.ts';
import { isNamed, listsElement } from '../message/field-value.ts';
import { type Head, acquireHead } from '../message/head.ts';
import type { Coding } from './accept-encoding.ts';

// What a Connection field of the backend names is dropped here, and the field with it: it must not take away the
// Content-Encoding or Vary that we add.
const NOMINATIONS = leavingOut([CONNECTION]);
const FRAMING = leavingOut([CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING]);
const VARY_EDIT = responseEdit.append('Vary', 'Accept-Encoding');

// Transfer-Encoding, Content-Encoding and Vary.
const ADDED_FIELDS = 3;
const ADDED_BYTES = 256;

/** The head of the response in that coding. Acquired; its body comes in chunks. */
export function encodedHead(response: Head, coding: Coding): Head {
  const vary = varyToExtend(response);
  let text = statusLine(response);
  for (let f = 0; f < response.count; f++) {
    if (isLeftOut(response, f, FRAMING)) continue;
    // Ranges would be of the bytes that the backend has. `Content-Encoding: identity` says nothing.
    if (isNamed(response, f, 'accept-ranges') || isNamed(response, f, 'content-encoding')) continue;
    if (isNamed(response, f, 'etag')) text += etagLine(response, f);
    else text += f === vary ? extendedLine(response, f) : fieldLine(response, f);
  }
  text += `Content-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n`;
  return parsed(vary === NO_FIELD ? `${text}Vary: Accept-Encoding\r\n` : text, response);
}

/** Lets the response say that its form depends on Accept-Encoding; null: it says so already. */
export function varyEdit(response: Head): Edit<'response'> | null {
  return varyToExtend(response) === VARIES ? null : VARY_EDIT;
}

const NO_FIELD = -1;
const VARIES = -2;

// The Vary field that Accept-Encoding is to be added to; NO_FIELD: a new one; VARIES: none, they say it.
function varyToExtend(head: Head): number {
  let field = NO_FIELD;
  for (let f = 0; f < head.count; f++) {
    if (!isNamed(head, f, 'vary') || isLeftOut(head, f, NOMINATIONS)) continue;
    if (listsElement(head, f, 'accept-encoding') || listsElement(head, f, '*')) return VARIES;
    field = f;
  }
  return field;
}

function statusLine(head: Head): string {
  const line = latin1(head.bytes, head.start, head.count > 0 ? head.fields[0] : head.end - 2);
  return `HTTP/1.1${line.slice(8)}`; // whatever version the backend speaks: chunks belong to 1.1
}

function fieldName(head: Head, f: number): string {
  return latin1(head.bytes, head.fields[f * 4], head.fields[f * 4 + 1]);
}

function fieldValue(head: Head, f: number): string {
  return latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]);
}

function fieldLine(head: Head, f: number): string {
  return `${fieldName(head, f)}: ${fieldValue(head, f)}\r\n`;
}

function extendedLine(head: Head, f: number): string {
  const value = fieldValue(head, f);
  return `${fieldName(head, f)}: ${value === '' ? '' : `${value}, `}Accept-Encoding\r\n`;
}

// RFC 9110 8.8.1: a strong validator stands for one sequence of bytes, and these are others now. A value that is no
// entity tag cannot be weakened, and somebody might take it for a strong one.
function etagLine(head: Head, f: number): string {
  const value = fieldValue(head, f);
  if (value.startsWith('W/')) return fieldLine(head, f);
  return value.startsWith('"') ? `${fieldName(head, f)}: W/${value}\r\n` : '';
}

function parsed(text: string, response: Head): Head {
  const head = acquireHead();
  const headerBytes = MAX_HEAD_BYTES + ADDED_BYTES;
  const parser = new HeadParser({ headerBytes, headerCount: response.count + ADDED_FIELDS, targetBytes: 0 });
  const end = parser.feedResponse(head, Buffer.from(`${text}\r\n`, 'latin1'), 0, false);
  if (end <= 0) throw new Error(`a head of our own is refused: ${end}`);
  return head;
}
