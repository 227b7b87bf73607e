// The first frames of the gateway on a connection: its settings, and the window of the connection.
import {
  DEFAULT_WINDOW,
  ENABLE_CONNECT_PROTOCOL,
  FRAME_HEADER,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_LIST_SIZE,
  NO_RFC7540_PRIORITIES,
  SETTINGS,
  SETTING_BYTES,
  WINDOW_UPDATE,
  frameHeader,
  frameKind,
  putUint32,
} from '../../http2/frames.ts';
import { CONNECTION_WINDOW, STREAM_WINDOW } from './receive-window.ts';

const FIELD_OVERHEAD = 32;

/** `fields`: how many a head may have, each of which counts for more than its bytes (RFC 9113 6.5.2). */
export function greeting(streams: number, headBytes: number, fields: number): Uint8Array {
  const settings = [
    [MAX_CONCURRENT_STREAMS, streams],
    [INITIAL_WINDOW_SIZE, STREAM_WINDOW],
    [MAX_HEADER_LIST_SIZE, headBytes + fields * FIELD_OVERHEAD],
    [ENABLE_CONNECT_PROTOCOL, 1],
    [NO_RFC7540_PRIORITIES, 1],
  ] as const;
  const bytes = new Uint8Array(FRAME_HEADER + settings.length * SETTING_BYTES + FRAME_HEADER + 4);
  let at = frameHeader(bytes, 0, settings.length * SETTING_BYTES, frameKind(SETTINGS, 0), 0);
  for (const [name, value] of settings) {
    bytes[at + 1] = name;
    at = putUint32(bytes, at + 2, value);
  }
  at = frameHeader(bytes, at, 4, frameKind(WINDOW_UPDATE, 0), 0);
  putUint32(bytes, at, CONNECTION_WINDOW - DEFAULT_WINDOW);
  return bytes;
}
