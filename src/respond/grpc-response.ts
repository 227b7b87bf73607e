// Tells clients of gRPC of a failure in their own words. This is the only place that knows the status of a call for each.
import type { Failure, FailureCode } from '../core/failure.ts';
import { EMPTY, ascii } from '../message/bytes.ts';
import { type GrpcForm, grpcMessage } from '../message/grpc.ts';
import { toBase64, trailerFrame } from '../message/grpc-web.ts';
import type { LocalResponse } from '../message/local-response.ts';

const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const INTERNAL = 13;

// As clients of gRPC read a status of HTTP (http-grpc-status-mapping).
const BY_HTTP: Readonly<Record<number, number>> = {
  400: INTERNAL,
  401: 16,
  403: 7,
  404: 12,
  405: 12,
  429: 14,
  500: INTERNAL,
  502: 14,
  503: 14,
  504: 14,
};

const OWN: Partial<Readonly<Record<FailureCode, number>>> = {
  'request-invalid': 3,
  'request-body-too-large': RESOURCE_EXHAUSTED,
  'request-head-too-large': RESOURCE_EXHAUSTED,
  'request-timeout': DEADLINE_EXCEEDED,
  // Clients repeat what was UNAVAILABLE; a backend that is silent may have done it.
  'first-byte-timeout': DEADLINE_EXCEEDED,
  'exchange-timeout': DEADLINE_EXCEEDED,
  'deadline-exceeded': DEADLINE_EXCEEDED,
};

/** The answer to a call. `status`: that of HTTP; `detail`: what the client may know. A browser may read the body of an answer, and
 * other fields only where the server exposes them: there the status is in the body. */
export function grpcResponse(why: Failure, status: number, detail: string, form: GrpcForm): LocalResponse {
  const call = numberOf(why, status);
  const said: readonly (readonly [string, string])[] = [
    ['grpc-status', String(call)],
    ['grpc-message', grpcMessage(detail)],
  ];
  if (form === 'grpc')
    return { status: 200, headers: [['Content-Type', 'application/grpc'], ...said], body: EMPTY, call };
  const frame = trailerFrame(said.map(([name, value]) => ({ name, value: ascii(value) })));
  const body = form === 'web' ? frame : toBase64(frame, 0, frame.length);
  return { status: 200, headers: [['Content-Type', `application/grpc-${form}+proto`]], body, call };
}

function numberOf({ code }: Failure, status: number): number {
  return OWN[code] ?? BY_HTTP[status] ?? UNKNOWN;
}
