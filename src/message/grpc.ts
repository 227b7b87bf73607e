// What the gateway knows of gRPC (PROTOCOL-HTTP2 of its authors): which requests are calls, their deadlines, and the status of
// a call, which is a field of the trailers, or of the head where nothing else comes.
import { millis, type Millis } from '../core/units.ts';
import { SEMICOLON, SP, ascii, equalsLowered } from './bytes.ts';
import { findField, fieldValue } from './field-value.ts';
import type { Head } from './head.ts';

const TYPE = ascii('application/grpc');
const WEB = ascii('-web');
const TEXT = ascii('-text');
const PLUS = 0x2b;
const DASH = 0x2d;

/** A status of gRPC. */
export const UNAVAILABLE = 14;

/** How a call is told: `grpc` with trailers; `web` with the trailers in its body, for browsers; `web-text` the same in Base64. */
export type GrpcForm = 'grpc' | 'web' | 'web-text';

/** The form of the call that a request is; null: it is none. Every client of gRPC says that it takes trailers, and the policy that
 * translates for browsers has their requests say so, too: other requests cost nothing here. */
export function callForm(head: Head): GrpcForm | null {
  return head.takesTrailers ? grpcForm(head) : null;
}

/** The form of the answer to it: that of the call, but Base64 just as the client accepts it. */
export function answerForm(head: Head): GrpcForm | null {
  const form = callForm(head);
  if (form === null || form === 'grpc') return form;
  const accept = fieldValue(head, 'accept')?.toLowerCase() ?? null;
  if (accept === null || !accept.includes('application/grpc-web')) return form;
  return accept.includes('application/grpc-web-text') ? 'web-text' : 'web';
}

/** The form that the Content-Type of a message names; null: another type. */
export function grpcForm(head: Head): GrpcForm | null {
  const field = findField(head, 'content-type');
  if (field < 0) return null;
  const at = head.fields[field * 4 + 2];
  const end = head.fields[field * 4 + 3];
  if (!startsWith(head, at, end, TYPE)) return null;
  const after = at + TYPE.length;
  if (after === end || head.bytes[after] !== DASH) return 'grpc';
  if (!startsWith(head, after, end, WEB)) return null;
  const last = after + WEB.length;
  if (startsWith(head, last, end, TEXT)) return endsType(head, last + TEXT.length, end) ? 'web-text' : null;
  return endsType(head, last, end) ? 'web' : null;
}

function startsWith({ bytes }: Head, start: number, end: number, lowered: Uint8Array): boolean {
  return end - start >= lowered.length && equalsLowered(bytes, start, lowered);
}

// The format of the messages may follow (`+proto`), or parameters.
function endsType({ bytes }: Head, at: number, end: number): boolean {
  return at === end || bytes[at] === PLUS || bytes[at] === SEMICOLON || bytes[at] === SP;
}

/** The status of the call that a head or trailers tell; null: they tell none. */
export function grpcStatus(head: Head): number | null {
  const text = fieldValue(head, 'grpc-status');
  return text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

// In milliseconds.
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/** How long the client waits for the whole call; null: it does not say, or not so that anybody could understand it. */
export function grpcTimeout(head: Head): Millis | null {
  const [, digits = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(fieldValue(head, 'grpc-timeout') ?? '') ?? [];
  const size = UNITS[unit];
  return size === undefined ? null : millis(Number(digits) * size);
}

/** The same as the field says it, rounded up to a millisecond: eight digits at the most. */
export function formatTimeout(time: Millis): string {
  const left = Math.max(1, Math.ceil(time));
  return left < 100_000_000 ? `${left}m` : `${Math.ceil(left / 1000)}S`;
}

/** A message for the field `grpc-message`, where other characters than these are percent-encoded. */
export function grpcMessage(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let message = '';
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    message += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return message;
}
