// The two ends of an exchange. They never know each other; the exchange stands between them.
//
// The receiver of a callback may keep the bytes that it is handed: the caller does not write to them again, nor hands
// them to anybody else. A Head belongs to the caller again when the call returns; its bytes may be kept like any
// others. `false` means "kept, but send no more until I say drained"; nothing else carries backpressure. An end that
// returns `true` for a part of a large read has kept nothing of it: that memory is given back at once
// (core/large-read.ts).
import type { ServedCertificate } from '../core/certificate-source.ts';
import type { Failure } from '../core/failure.ts';
import type { Edits } from './edits.ts';
import type { Head, TargetPlace } from './head.ts';
import type { KnownHost } from './known-host.ts';
import type { LocalResponse } from './local-response.ts';
import type { OwnMarks } from './own-marks.ts';

/** How a body travels. `framed`: as its head says, which is a number of bytes, or until the connection closes, or in
 * chunks; chunks have been validated and brought into their canonical form, and include the trailers. `payload`:
 * without framing, whatever the head says; its length is known only at its end, and its trailers have a call of their
 * own. */
export type BodyForm = 'framed' | 'payload';

/** What a TLS handshake has agreed on. */
export interface TlsFacts {
  /** What the connection was made with. */
  readonly served: ServedCertificate;
  /** The host of its latest request that belongs to it. */
  readonly knownHost: KnownHost;
  /** `TLSv1.3`. */
  readonly version: string;
  /** `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** It goes on with the secrets of an earlier connection. */
  readonly isResumed: boolean;
  /** The name that the client asked for (RFC 6066 3); null: none. */
  readonly serverName: string | null;
  /** The protocol that was chosen; null: the client offered none. */
  readonly alpn: string | null;
  /** Null: the client was not asked for one, or showed none. */
  readonly clientCertificate: ClientCertificate | null;
}

export type ClientCertificate = {
  readonly subject: string;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
  /** The whole of it, DER in Base64. */
  readonly encoded: string;
  /** The listener knows the authority that issued it. */
  readonly isTrusted: boolean;
};

/** What is known of the client; made once for each connection, or for each request of a trusted peer. */
export type ClientFacts = {
  /** As text, without a port. */
  readonly address: string;
  /** Its port; 0: it is not known, because others have told who the client is. */
  readonly port: number;
  readonly isTls: boolean;
  /** What the handshake of the request's own connection agreed on, which may be a proxy's connection; null: it is
   * plain. */
  readonly tls: TlsFacts | null;
  /** The version of HTTP that its connection speaks, as Via names it. */
  readonly version: '1.1' | '2.0';
  /** The forwarding fields of a trusted peer, with the peer itself appended; null: the peer is not trusted, and the
   * gateway writes these fields itself. */
  readonly claims: ForwardingClaims | null;
};

/** The values of X-Forwarded-For, -Proto, -Host and Forwarded as the backend gets them; null: that field is not sent. */
export type ForwardingClaims = {
  readonly forwardedFor: string;
  readonly forwardedProto: string;
  readonly forwardedHost: string | null;
  /** Null: it follows from the Host of the request. */
  readonly forwardedPort: string | null;
  /** Of the path, as proxies before have removed it. */
  readonly forwardedPrefix: string | null;
  readonly forwarded: string | null;
  /** X-Real-IP. */
  readonly realIp: string;
};

/** How paths of the client differ from those of a backend. */
export type Moved = {
  /** What the client's paths begin with where the backend's begin with `base`; X-Forwarded-Prefix says it. */
  readonly prefix: string;
  readonly base: string;
  /** What answers say of places is changed back, where the tenant wants that. */
  readonly mapsBack: boolean;
};

/** What policies have made of where a request goes. */
export interface RewrittenTarget {
  /** Path and query in place of those of the head, less what was removed; null: those of the head. */
  readonly target: TargetPlace | null;
  /** How its paths differ from those of the client; null: by what was removed of the path. */
  readonly moved: Moved | null;
  /** What X-Forwarded-Prefix says, which is the prefix of `moved`; null: what was removed of the path. */
  readonly prefix: Uint8Array | null;
  /** The Host; null: as usual. */
  readonly host: Uint8Array | null;
}

/** A request as it is to be written; the exchange itself, so that nothing is made for it. */
export interface OutgoingRequest {
  readonly head: Head;
  /** [bodyStart, bodyEnd) of the head's bytes is the beginning of the body. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly bodyForm: BodyForm;
  /** Bytes of the path, in its normal form, that are not passed on. */
  readonly strip: number;
  /** Null: no policy has changed where it goes. */
  readonly rewritten: RewrittenTarget | null;
  readonly client: ClientFacts;
  /** What is changed of the head on its way; null: nothing. */
  readonly edits: Edits<'request'> | null;
  readonly marks: OwnMarks;
}

/** What a request head needs to know of the backend it goes to; made once for each backend. */
export type OriginFacts = {
  /** Host as in the backend's URL. */
  readonly authority: Uint8Array;
  /** Send `authority` as Host instead of the client's. */
  readonly ownHost: boolean;
  /** Without a trailing slash; empty for none. */
  readonly basePath: Uint8Array;
  /** Without `?`; EMPTY for none. */
  readonly query: Uint8Array;
  /** The credentials of the backend's own; EMPTY for none. */
  readonly authorization: Uint8Array;
  /** None of the above changes a request, so that its target and Host go on as they came. */
  readonly isPlain: boolean;
};

/** Counts the connections of a tenant. */
export interface ConnectionCount {
  /** One more; false: that is one too many. */
  connectionBegins(): boolean;
  connectionEnded(): void;
}

/** The client's side, as the exchange sees it. */
export interface Downstream {
  readonly client: ClientFacts;
  /** In which form it gives a body of unknown length, and in which it wants one. */
  readonly gives: BodyForm;
  readonly takes: BodyForm;
  /** Bytes of the request's body that have come, without their framing. */
  readonly requestPayload: number;
  /** The connection counts for the tenant of its requests from here on. False: the tenant has as many as it may, and the
   * connection ends with its answer. */
  belongsTo(tenant: ConnectionCount): boolean;
  /** The connection ends with this answer, if it carries nothing else. */
  sayLast(): void;
  /** What the event loop has spent on the connection before its first request, in microseconds; 0 for later ones. */
  readonly arrivalCost: number;
  /** Of the response to the current request; 0: none has begun. */
  readonly responseStatus: number;
  /** Bytes of the response that the kernel has taken, or will take by the end of this turn. */
  readonly responseBytes: number;
  /** Sends the head, with the edits carried out (null: there are none), and the body bytes that came with it, in one
   * write. */
  sendHead(head: Head, edits: Edits<'response'> | null, form: BodyForm, bodyStart: number, bodyEnd: number): boolean;
  sendInterim(head: Head): void;
  sendBody(bytes: Uint8Array, start: number, end: number): boolean;
  /** After the last slice of a body that is sent as payload. A client that takes no trailers gets none. */
  sendTrailers(trailers: Head): void;
  /** Sends the head of a 101 with the first bytes of the new protocol. From here on both sides pass bytes on as they
   * come: `requestBody` and `sendBody`, until `requestEnd` and `finish`. */
  sendUpgrade(head: Head, edits: Edits<'response'> | null, start: number, end: number): boolean;
  /** Tells both sides of a WebSocket that it ends, at the next end of a frame each; any other tunnel goes on. */
  endTunnel(): void;
  /** The response is complete. After this, `respond` or `abort` the exchange hears one thing more, at once or later:
   * `left` or `downstreamGone`. */
  finish(): void;
  /** The answer that tells of a failure, as this client is told of failures. */
  answerFor(failure: Failure): LocalResponse;
  /** Answers with a response of our own. */
  respond(response: LocalResponse, edits: Edits<'response'> | null): void;
  /** The response will not come (an answer is made of the failure) or breaks off (the client must see that it is not
   * whole). */
  abort(failure: Failure, edits: Edits<'response'> | null): void;
  pauseRequest(): void;
  resumeRequest(): void;
  /** The body of the request must bring so many bytes per second on average, after the first 5 s; otherwise it fails. */
  demandBodyRate(rate: number): void;
}

/** What a downstream tells its exchange. */
export interface DownstreamEvents {
  requestBody(bytes: Uint8Array, start: number, end: number): void;
  /** After the last slice of a body that comes as payload. */
  requestTrailers(trailers: Head): void;
  requestEnd(): void;
  /** The body turned out to be broken. */
  requestFailed(failure: Failure): void;
  downstreamDrained(): void;
  /** The last byte of the response has been handed over. */
  left(): void;
  /** The client's connection has closed before that. */
  downstreamGone(): void;
}

export type UpstreamVersion = '1.1' | '2';

/** A backend connection lent to one exchange. After responseEnd, failed, cancel or discard it is no longer ours. */
export interface Upstream {
  readonly isOpen: boolean;
  readonly isReused: boolean;
  /** The version of HTTP that the backend is asked in, once it is open. */
  readonly version: UpstreamVersion;
  /** Sends the request head with the body bytes that came with it, in one write. */
  send(request: OutgoingRequest): boolean;
  sendBody(bytes: Uint8Array, start: number, end: number): boolean;
  /** After the last slice of a body that is sent as payload. */
  sendTrailers(trailers: Head): void;
  /** The request is complete. */
  finish(): void;
  /** The exchange needs no more of the response: the connection is closed. */
  cancel(): void;
  /** The response is not wanted, but the connection may live on: inside `responseHead` only. */
  discard(): void;
  pauseResponse(): void;
  resumeResponse(): void;
}

/** What an upstream tells its exchange. */
export interface UpstreamEvents {
  connected(): void;
  interimHead(head: Head): void;
  /** A response has begun; `responseStart` follows, unless the exchange wants no more of it. Returns the form in which
   * it wants the body. */
  responseHead(head: Head): BodyForm;
  /** [bodyStart, bodyEnd) of head.bytes is the beginning of the body. Returns, as `responseBody` does, whether a large
   * read may be given back. */
  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean;
  responseBody(bytes: Uint8Array, start: number, end: number): boolean;
  /** After the last slice of a body that comes as payload, for a request that takes trailers. */
  responseTrailers(trailers: Head): void;
  /** The backend has changed the protocol; [start, end) of head.bytes are its first bytes. */
  upgraded(head: Head, start: number, end: number): void;
  responseEnd(): void;
  failed(failure: Failure): void;
  /** There is reason to believe that the backend will not answer. The exchange may cancel, or go on to wait. */
  doubted(): void;
  upstreamDrained(): void;
}
