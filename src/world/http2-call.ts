// Makes an HTTP/2 call with the runtime's own client. That client has limits of its own: a flood of many kinds of frames,
// endless header fields or broken framing end the session with an error. Frames of other kinds it takes without end, so
// the bytes of the whole call are counted beneath it. The stream is closed by its own `destroy`: that of the
// session does not close it in every state.
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { Socket } from 'node:net';
import type { Call, CallFields, CallResult } from '../core/caller.ts';
import { errorCode } from '../core/connect-failure.ts';
import { type ConnectAddress, isSocketPath } from '../core/connector.ts';
import { errorOf } from '../core/error-of.ts';
import { pinsProblem } from './handshake.ts';
import { MeteredStream } from './metered-stream.ts';

// Where all sources are one file, as in the package, what they import is loaded when the program starts: these take 25 ms.
const { connect } = await import('node:http2');
const { connect: connectPlain, isIP } = await import('node:net');
const { checkServerIdentity, connect: connectTls } = await import('node:tls');

// Header fields, trailers and frames of the connection: more than any health service sends beside its answer.
const MOST_BESIDE = 256 * 1024;

type Conclude = (result: CallResult) => void;

/** Makes one call on a new connection. */
export function call(request: Call): Promise<CallResult> {
  const { address, signal, maxBody } = request;
  if (signal.aborted) return Promise.resolve({ kind: 'broken', reason: 'aborted' });
  const { promise, resolve } = Promise.withResolvers<CallResult>();
  let session: ClientHttp2Session | null = null;
  let stream: MeteredStream | null = null;
  const conclude: Conclude = (result) => {
    signal.removeEventListener('abort', abort);
    resolve(result);
    session?.destroy();
    stream?.destroy();
  };
  const abort = (): void => conclude({ kind: 'broken', reason: 'aborted' });
  signal.addEventListener('abort', abort);
  try {
    const metered = new MeteredStream(openSocket(address), maxBody + MOST_BESIDE);
    stream = metered;
    session = connect(urlOf(address), { createConnection: () => metered, settings: { enablePush: false } });
    watch(session, metered, conclude);
    converse(session, request, conclude);
  } catch (error) {
    conclude({ kind: 'unreachable', error: errorOf(error) });
  }
  return promise;
}

function urlOf({ hostname, port, tls }: ConnectAddress): string {
  if (isSocketPath(hostname)) return 'http://localhost';
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${tls === null ? 'http' : 'https'}://${host}:${port}`;
}

function openSocket({ hostname: host, port, tls }: ConnectAddress): Socket {
  if (tls === null) return isSocketPath(host) ? connectPlain({ path: host }) : connectPlain({ host, port });
  const { serverName, rejectUnauthorized, ca, cert, key, pins } = tls;
  const socket = connectTls({
    host,
    port,
    ALPNProtocols: ['h2'],
    // The runtime refuses an IP address as SNI (RFC 6066, 3), and would check the certificate against the host it connects to
    // instead of the server name.
    servername: isIP(serverName) === 0 ? serverName : '',
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert, key }),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  });
  socket.once('secureConnect', () => {
    const problem = pins === undefined ? null : pinsProblem(pins, socket.getPeerX509Certificate());
    if (problem !== null) socket.destroy(problem);
    else if (socket.alpnProtocol !== 'h2') socket.destroy(new Error('the peer does not offer HTTP/2'));
  });
  return socket;
}

// These handlers stay after the call: an error event without a handler would end the gateway.
function watch(session: ClientHttp2Session, stream: MeteredStream, conclude: Conclude): void {
  session.on('error', (error) => {
    if (stream.isTooLong) conclude({ kind: 'broken', reason: 'too-long' });
    else if (errorCode(error) === 'ERR_HTTP2_ERROR') conclude({ kind: 'broken', reason: 'malformed' });
    else if (stream.isOpen) conclude({ kind: 'broken', reason: 'closed' });
    else conclude({ kind: 'unreachable', error: stream.problem ?? error });
  });
  session.on('close', () => conclude({ kind: 'broken', reason: stream.isTooLong ? 'too-long' : 'closed' }));
}

function converse(session: ClientHttp2Session, request: Call, conclude: Conclude): void {
  const { method = 'POST', authority, path, fields, body, maxBody } = request;
  const asked = { ':method': method, ':path': path, ':authority': authority, ...fields };
  const stream = session.request(asked, { endStream: body.length === 0 });
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
  if (body.length > 0) stream.end(body);
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
