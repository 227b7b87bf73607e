// HTTP/1.1 as a protocol of accepted sockets.
import type { Failure, FailureCode } from '../core/failure.ts';
import { out } from '../http1/output.ts';
import { writeLocalHead } from '../http1/write-response.ts';
import { EMPTY, join } from '../message/bytes.ts';
import { UNKNOWN_ASKER, failureResponse } from '../respond/failure-response.ts';
import type { AcceptProtocol } from './contract.ts';
import { DownstreamH1 } from './downstream-h1.ts';

export const http1: AcceptProtocol = {
  alpn: ['http/1.1', 'http/1.0'],
  version: '1.1',
  accept: (socket, peer, tools) => new DownstreamH1(socket, peer, tools),
  refusal,
};

// For a client whose request has not been read.
const UNASKED = { edits: null, word: 'close', dateLine: EMPTY, identified: null, idPrefix: EMPTY } as const;

// Made once for each failure, so that refusing a flood of connections costs little.
const refusals = new Map<FailureCode, Uint8Array>();

function refusal(why: Failure): Uint8Array {
  const known = refusals.get(why.code);
  if (known !== undefined) return known;
  const response = failureResponse(why, UNKNOWN_ASKER);
  const bytes = join(out.slice(0, writeLocalHead(out, response, UNASKED)), response.body);
  refusals.set(why.code, bytes);
  return bytes;
}
