// A WebSocket that goes over a stream (RFC 8441): which requests ask for one, and what their clients expect.
import { createHash } from 'node:crypto';
import { isWebSocket } from '../../http1/upgrade.ts';
import { ascii, equalsExactly, latin1 } from '../../message/bytes.ts';
import { findField } from '../../message/field-value.ts';
import { BODY_NONE, type Head } from '../../message/head.ts';

const GET = ascii('GET');
// RFC 6455 1.3.
const SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The Sec-WebSocket-Accept that the client of HTTP/1.1 expects in the answer; null: the request asks for no WebSocket, or
 * its handshake is not one of RFC 6455 4.1. */
export function acceptOf(head: Head): Uint8Array | null {
  const { bytes, fields, start, methodEnd } = head;
  const isGet = methodEnd - start === GET.length && equalsExactly(bytes, start, GET);
  if (!isGet || head.framing !== BODY_NONE || !isWebSocket(head)) return null;
  const field = findField(head, 'sec-websocket-key');
  if (field < 0) return null;
  const key = latin1(bytes, fields[field * 4 + 2], fields[field * 4 + 3]);
  return ascii(createHash('sha1').update(`${key}${SALT}`).digest('base64'));
}
