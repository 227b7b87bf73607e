// Tells clients of gRPC of a failure in their own words. This is the only place that knows the status of a call for each.
import type { Failure, FailureCode } from '../core/failure.ts';
import { EMPTY } from '../message/bytes.ts';
import { grpcMessage } from '../message/grpc.ts';
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
  'exchange-timeout': DEADLINE_EXCEEDED,
  'deadline-exceeded': DEADLINE_EXCEEDED,
};

/** The answer to a call. `status`: that of HTTP; `detail`: what the client may know. */
export function grpcResponse({ code }: Failure, status: number, detail: string): LocalResponse {
  const number = OWN[code] ?? BY_HTTP[status] ?? UNKNOWN;
  return {
    status: 200,
    headers: [
      ['Content-Type', 'application/grpc'],
      ['grpc-status', String(number)],
      ['grpc-message', grpcMessage(detail)],
    ],
    body: EMPTY,
  };
}
