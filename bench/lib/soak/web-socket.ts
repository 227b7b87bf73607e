// A WebSocket client over a connection whose port is known.
import { type Connection, type Outcome, requestOf } from './connection.ts';

const FIELDS =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
// A whole text message of a client (RFC 6455 5.2), with a mask of zeros.
const TEXT = 0x81;
const MASKED = 0x80;
const LONGEST = 125;

/** Sends a handshake. */
export async function openWebSocket(connection: Connection, path: string): Promise<Outcome> {
  return await connection.ask(requestOf('GET', path, { fields: FIELDS }));
}

export function isOpened(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status === 101;
}

/** A short message as it is sent. */
export function textMessage(text: string): string {
  if (text.length > LONGEST) throw new Error('a longer message has another form');
  return `${String.fromCharCode(TEXT, MASKED + text.length)}\0\0\0\0${text}`;
}
