// What a connection needs to know of an answer, from its head.
import { type Millis, millis } from '../../core/units.ts';
import type { ChunkedForm } from '../../http1/chunked.ts';
import { ascii, equalsLowered } from '../../message/bytes.ts';
import type { BodyForm } from '../../message/contract.ts';
import { findField } from '../../message/field-value.ts';
import { BODY_LENGTH, type Head } from '../../message/head.ts';
import type { TransportLimits } from '../contract.ts';

/** What the reader of a body looks for in its chunks. */
export function scanned(form: BodyForm, withTrailers: boolean): ChunkedForm {
  if (form === 'framed') return withTrailers ? 'chunks_and_trailers' : 'chunks';
  return withTrailers ? 'payload_and_trailers' : 'payload';
}

// The gateway closes an idle connection a second before the backend would: a request that is on its way when the
// backend closes is lost or has to be sent again.
const MARGIN = 1000;

/** The configured limit, or what the backend says of itself (`Keep-Alive: timeout=5`) less a margin. */
export function idleTimeout(head: Head, options: Pick<TransportLimits, 'idleTimeout'>): Millis {
  if (head.keepAliveSeconds === 0) return options.idleTimeout;
  const hinted = head.keepAliveSeconds * 1000;
  return millis(Math.min(options.idleTimeout, Math.max(hinted - MARGIN, hinted / 2)));
}

const EVENT_STREAM = ascii('text/event-stream');

/** An answer that goes on until somebody ends it. */
export function isEventStream(head: Head): boolean {
  if (head.framing === BODY_LENGTH) return false;
  const field = findField(head, 'content-type');
  return field >= 0 && equalsLowered(head.bytes, head.fields[field * 4 + 2], EVENT_STREAM);
}
