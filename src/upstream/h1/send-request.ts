// Puts a request on a connection: the head and what has come of its body, in one write where that is possible.
import type { ByteSink } from '../../core/kernel-output.ts';
import type { Outbox } from '../../core/outbox.ts';
import { SMALL_BODY, out } from '../../http1/output.ts';
import { chunkOf, writeChunk } from '../../http1/write-chunks.ts';
import { writeRequestHead } from '../../http1/write-request.ts';
import type { OriginFacts, OutgoingRequest } from '../../message/contract.ts';

/** False: kept in part, rest until drained. */
export function sendRequest(
  outbox: Outbox,
  socket: ByteSink | null,
  request: OutgoingRequest,
  origin: OriginFacts,
): boolean {
  const { head, bodyStart, bodyEnd } = request;
  const { bytes } = head;
  let length = writeRequestHead(out, request, origin);
  const size = bodyEnd - bodyStart;
  if (request.bodyForm === 'payload' && size > 0) return sendChunked(outbox, socket, request, length);
  if (size > SMALL_BODY) {
    outbox.send(socket, out, 0, length, true);
    return outbox.send(socket, bytes, bodyStart, bodyEnd, false);
  }
  if (size > 0) {
    out.set(bytes.subarray(bodyStart, bodyEnd), length);
    length += size;
  }
  return outbox.send(socket, out, 0, length, true);
}

function sendChunked(outbox: Outbox, socket: ByteSink | null, request: OutgoingRequest, length: number): boolean {
  const { head, bodyStart, bodyEnd } = request;
  if (bodyEnd - bodyStart <= SMALL_BODY) {
    return outbox.send(socket, out, 0, writeChunk(out, length, head.bytes, bodyStart, bodyEnd), true);
  }
  outbox.send(socket, out, 0, length, true);
  const chunk = chunkOf(head.bytes, bodyStart, bodyEnd);
  return outbox.send(socket, chunk, 0, chunk.length, false);
}
