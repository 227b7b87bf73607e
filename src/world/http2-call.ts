// Makes an HTTP/2 call with the runtime's own client. That client has limits of its own: a flood of frames, endless header
// fields or broken framing end the session with an error. `destroy` closes its socket in every state.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type SecureClientSessionOptions,
  connect,
} from 'node:http2';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { Call, CallFields, CallResult } from '../core/caller.ts';
import { errorCode } from '../core/connect-failure.ts';
import type { ConnectAddress } from '../core/connector.ts';
import { errorOf } from '../core/error-of.ts';

type Conclude = (result: CallResult) => void;

/** Makes one call on a new connection. */
export function call(request: Call): Promise<CallResult> {
  const { address, signal } = request;
  if (signal.aborted) return Promise.resolve({ kind: 'broken', reason: 'aborted' });
  const { promise, resolve } = Promise.withResolvers<CallResult>();
  let session: ClientHttp2Session | null = null;
  const conclude: Conclude = (result) => {
    signal.removeEventListener('abort', abort);
    resolve(result);
    session?.destroy();
  };
  const abort = (): void => conclude({ kind: 'broken', reason: 'aborted' });
  signal.addEventListener('abort', abort);
  try {
    session = connect(urlOf(address), { ...tlsOptions(address), settings: { enablePush: false } });
    watch(session, conclude);
    converse(session, request, conclude);
  } catch (error) {
    conclude({ kind: 'unreachable', error: errorOf(error) });
  }
  return promise;
}

function urlOf({ hostname, port, tls }: ConnectAddress): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${tls === null ? 'http' : 'https'}://${host}:${port}`;
}

// The runtime refuses an IP address as SNI (RFC 6066, 3), and would check the certificate against the host it connects to
// instead of the server name.
function tlsOptions({ tls }: ConnectAddress): SecureClientSessionOptions {
  if (tls === null) return {};
  const { serverName, rejectUnauthorized } = tls;
  return {
    servername: isIP(serverName) === 0 ? serverName : '',
    rejectUnauthorized,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  };
}

// These handlers stay after the call: an error event without a handler would end the gateway.
function watch(session: ClientHttp2Session, conclude: Conclude): void {
  let isOpen = false;
  session.on('connect', () => {
    isOpen = true;
  });
  session.on('error', (error) => {
    const isMalformed = errorCode(error) === 'ERR_HTTP2_ERROR';
    if (isOpen || isMalformed) conclude({ kind: 'broken', reason: isMalformed ? 'malformed' : 'closed' });
    else conclude({ kind: 'unreachable', error });
  });
  session.on('close', () => conclude({ kind: 'broken', reason: 'closed' }));
}

function converse(session: ClientHttp2Session, request: Call, conclude: Conclude): void {
  const { authority, path, fields, body, maxBody } = request;
  const stream = session.request({ ':method': 'POST', ':path': path, ':authority': authority, ...fields });
  const answer = new Answer();
  stream.on('response', (head) => {
    answer.head = head;
  });
  stream.on('trailers', (trailers) => {
    answer.trailers = fieldsOf(trailers);
  });
  stream.on('data', (chunk: unknown) => {
    if (!answer.take(chunk, maxBody)) conclude({ kind: 'broken', reason: 'too-long' });
  });
  // The session's own error event comes first and is more exact.
  stream.on('error', () => conclude({ kind: 'broken', reason: 'closed' }));
  stream.on('close', () => conclude(answer.result(stream)));
  stream.end(body);
}

class Answer {
  head: (IncomingHttpHeaders & IncomingHttpStatusHeader) | null = null;
  trailers: CallFields = {};
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** Adds a part of the body; false: the body is longer than `limit`. */
  take(chunk: unknown, limit: number): boolean {
    if (!(chunk instanceof Uint8Array)) return true;
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this.length <= limit;
  }

  result({ rstCode }: ClientHttp2Stream): CallResult {
    const { head, trailers } = this;
    // A connection that is lost in the middle of the answer closes the stream, too, but with a code.
    if (head === null || rstCode !== 0) return { kind: 'broken', reason: 'closed' };
    const body = new Uint8Array(Buffer.concat(this.chunks));
    return { kind: 'answered', status: head[':status'] ?? 0, fields: fieldsOf(head), trailers, body };
  }
}

function fieldsOf(headers: IncomingHttpHeaders): CallFields {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':') && value !== undefined) fields[name] = String(value);
  }
  return fields;
}
