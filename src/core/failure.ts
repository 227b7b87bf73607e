// Problems that are expected to happen, as values. Their status codes are in respond/ only.

/** Whose fault it was. */
export type FailureSource = 'downstream' | 'upstream' | 'gateway';

const CODES = {
  // The client's side.
  'request-malformed': { source: 'downstream', summary: 'The request is not valid HTTP/1.1.' },
  'plain-http': { source: 'downstream', summary: 'This port is for HTTPS, and the request has come without TLS.' },
  misdirected: {
    source: 'downstream',
    summary: 'The host of the request does not belong to this connection; another one is needed.',
  },
  'request-version': { source: 'downstream', summary: 'The HTTP version is not supported.' },
  'request-head-too-large': { source: 'downstream', summary: 'The header fields are too large.' },
  'request-target-too-long': { source: 'downstream', summary: 'The request target is too long.' },
  'request-body-too-large': { source: 'downstream', summary: 'The request body is too large.' },
  'request-encoding': { source: 'downstream', summary: 'The transfer coding is not supported.' },
  'request-timeout': { source: 'downstream', summary: 'The request did not arrive in time.' },
  'expectation-unknown': { source: 'downstream', summary: 'The Expect header asks for something unknown.' },
  'path-ambiguous': { source: 'downstream', summary: 'The path can be read in more than one way.' },
  'method-refused': { source: 'downstream', summary: 'The method is not served here.' },
  'too-many-connections': { source: 'downstream', summary: 'The client has too many connections open.' },
  unauthenticated: { source: 'downstream', summary: 'The request does not say who sends it.' },
  forbidden: { source: 'downstream', summary: 'The client may not do this.' },
  dropped: { source: 'downstream', summary: 'The client is not let in, and gets no answer.' },
  'rate-limited': { source: 'downstream', summary: 'The client has sent too many requests.' },
  'concurrency-limited': { source: 'downstream', summary: 'The client has too many requests under way.' },
  'request-invalid': { source: 'downstream', summary: 'The request is not what this place takes.' },
  'request-type-unsupported': { source: 'downstream', summary: 'The media type of the request is not taken here.' },
  'client-gone': { source: 'downstream', summary: 'The client closed the connection.' },
  // The backend's side.
  'connect-refused': { source: 'upstream', summary: 'The backend refused the connection.' },
  'connect-failed': { source: 'upstream', summary: 'The backend could not be reached.' },
  'connect-timeout': {
    source: 'upstream',
    summary: 'The backend did not accept the connection in time.',
  },
  'tls-failed': { source: 'upstream', summary: 'The TLS handshake with the backend failed.' },
  reset: {
    source: 'upstream',
    summary: 'The backend closed the connection before it answered.',
  },
  'stream-refused': { source: 'upstream', summary: 'The backend did not take the request.' },
  'call-unavailable': { source: 'upstream', summary: 'The backend said that it cannot serve the call now.' },
  'first-byte-timeout': { source: 'upstream', summary: 'The backend did not answer in time.' },
  'response-malformed': {
    source: 'upstream',
    summary: 'The response of the backend is not valid HTTP/1.1.',
  },
  'response-head-too-large': {
    source: 'upstream',
    summary: 'The head of the response of the backend is too large.',
  },
  'response-cut': { source: 'upstream', summary: 'The backend broke off its response.' },
  'response-idle': { source: 'upstream', summary: 'The backend stopped sending its response.' },
  'backend-doubted': {
    source: 'upstream',
    summary: 'The backend turned out to be down before it answered.',
  },
  'tunnel-cut': { source: 'upstream', summary: 'The backend broke off the tunnel.' },
  'request-stalled': { source: 'upstream', summary: 'The backend stopped reading the request.' },
  // The gateway itself.
  'no-route': { source: 'gateway', summary: 'No tenant is configured for this host and path.' },
  'deadline-exceeded': { source: 'gateway', summary: 'The time that the client gives the call is over.' },
  'loop-detected': { source: 'gateway', summary: 'The request has come back to a gateway that it has passed before.' },
  'name-not-resolved': { source: 'gateway', summary: 'The name of the backend has not been resolved yet.' },
  'none-eligible': { source: 'gateway', summary: 'No backend can take the request now.' },
  'queue-full': { source: 'gateway', summary: 'The site is busy: too many requests are waiting.' },
  'queue-timeout': { source: 'gateway', summary: 'The site is busy: the request could not be served in time.' },
  'exchange-timeout': {
    source: 'gateway',
    summary: 'No response began within the time for the whole exchange.',
  },
  'gateway-full': { source: 'gateway', summary: 'The gateway has reached its limit of connections.' },
  'gateway-exhausted': {
    source: 'gateway',
    summary: 'The gateway has no file descriptor or port left for a connection to a backend.',
  },
  'drain-deadline': {
    source: 'gateway',
    summary: 'The request was broken off before it was answered.',
  },
  'tunnel-idle': { source: 'gateway', summary: 'Nothing has passed through the tunnel for too long.' },
  'auth-unavailable': { source: 'gateway', summary: 'Who sends the request cannot be found out at the moment.' },
  maintenance: { source: 'gateway', summary: 'The site is under maintenance.' },
  overloaded: { source: 'gateway', summary: 'The gateway is busy, and this tenant has used its share.' },
  'tenant-full': { source: 'gateway', summary: 'The site is busy: it has as much under way as it may.' },
  'tenant-rate-limited': { source: 'gateway', summary: 'The site gets more requests than it may.' },
  'policy-timeout': { source: 'gateway', summary: 'A policy of the tenant took too long.' },
  'policy-failed': { source: 'gateway', summary: 'A policy of the tenant failed.' },
  internal: { source: 'gateway', summary: 'The gateway failed.' },
} as const satisfies Readonly<Record<string, { readonly source: FailureSource; readonly summary: string }>>;

/** The name of a failure in logs, metrics and error pages. */
export type FailureCode = keyof typeof CODES;

/** An expected problem. */
export type Failure = {
  readonly code: FailureCode;
  readonly source: FailureSource;
  /** One line for people. Every client sees it: it holds nothing of the inside, such as names of backends. */
  readonly detail: string;
  /** One line for operators and the log: why it was, in the words of the inside. Null: there is no more to say. It holds no
   * secret. */
  readonly reason: string | null;
  /** What exactly is wrong with a request, and where in it, for clients that read JSON. Absent: there is no more to say. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};

/** All of them, in an order that stays. */
export const failureCodes: readonly FailureCode[] = Object.keys(CODES).filter(isFailureCode);

const plain = new Map<FailureCode, Failure>();
for (const code of failureCodes) plain.set(code, failure(code, CODES[code].summary));

/** A failure. `detail` gives a more exact reason than the summary; without it, all callers share one value: no allocation. */
export function failure(code: FailureCode, detail?: string): Failure {
  const shared = detail === undefined ? plain.get(code) : undefined;
  if (shared !== undefined) return shared;
  const { source, summary } = CODES[code];
  return { code, source, detail: detail ?? summary, reason: null };
}

/** A failure with a reason that clients do not see. */
export function failureBecause(code: FailureCode, reason: string): Failure {
  return { ...failure(code), reason };
}

function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(CODES, text);
}
