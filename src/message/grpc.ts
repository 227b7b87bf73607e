// What the gateway knows of gRPC (PROTOCOL-HTTP2 of its authors): which requests are calls, their deadlines, and the status of
// a call, which is a field of the trailers, or of the head where nothing else comes.
import { millis, type Millis } from '../core/units.ts';
import { equalsLowered, ascii } from './bytes.ts';
import { findField, fieldValue } from './field-value.ts';
import type { Head } from './head.ts';

const TYPE = ascii('application/grpc');
const DASH = 0x2d;

/** A status of gRPC. */
export const UNAVAILABLE = 14;

/** Whether a request is a call. Every client of gRPC says that it takes trailers, so other requests cost nothing here. */
export function isGrpc(head: Head): boolean {
  return head.takesTrailers && hasGrpcType(head);
}

function hasGrpcType(head: Head): boolean {
  const field = findField(head, 'content-type');
  if (field < 0) return false;
  const start = head.fields[field * 4 + 2];
  const end = head.fields[field * 4 + 3];
  if (end - start < TYPE.length || !equalsLowered(head.bytes, start, TYPE)) return false;
  // `application/grpc-web` is for browsers, and another protocol.
  return end - start === TYPE.length || head.bytes[start + TYPE.length] !== DASH;
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
