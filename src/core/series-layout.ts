// What is counted of traffic, and where it lies in a record of doubles. Doubles, because they count to 2^53: a word of 32 bits
// would begin anew after half a day of a busy gateway. A double is stored whole by the processors that the gateway runs on,
// and each has one writer.

/** The most bounds that histograms may have. */
export const MOST_BOUNDS = 19;

/** One count for each bound, one for what is above all of them, and the sum. */
const HISTOGRAM = MOST_BOUNDS + 2;
/** Where the sum of a histogram lies, behind its buckets. */
export const SUM = MOST_BOUNDS + 1;

/** How methods are told apart: see `Head.methodClass`. */
export const METHOD_CLASSES = ['safe', 'idempotent', 'once'] as const;

/** 0: no response began; the others by the first digit of the status. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Why an attempt was followed by another one. */
export const RETRY_REASONS = ['connect', 'tls', 'reset', 'refused', 'timeout', 'malformed', 'status', 'other'] as const;

const REQUESTS = 0;
const BYTES_IN = REQUESTS + METHOD_CLASSES.length * STATUS_CLASSES.length;
const BYTES_OUT = BYTES_IN + 1;
const DURATION = BYTES_OUT + 2;
const FIRST_BYTE = DURATION + HISTOGRAM;
const OF_BOTH = FIRST_BYTE + HISTOGRAM;

/** In the record of a backend, and of a tenant. */
export const trafficSeries = {
  /** By method and status, see `requestsAt`. */
  requests: REQUESTS,
  /** Heads, and bodies without framing. */
  bytesIn: BYTES_IN,
  bytesOut: BYTES_OUT,
  /** Of whole exchanges, from the head of the request to the last byte of the response. */
  duration: DURATION,
  /** From the first attempt to the head of the response. */
  firstByte: FIRST_BYTE,
};

/** In the record of a backend besides: what becomes of connections to it. */
export const backendSeries = {
  ...trafficSeries,
  opened: OF_BOTH,
  /** Attempts to open one that have failed. */
  notOpened: OF_BOTH + 1,
  /** Requests that got one that was open already. */
  reused: OF_BOTH + 2,
  /** Bytes to the backend, and from it. */
  bytesTo: OF_BOTH + 3,
  bytesFrom: OF_BOTH + 4,
};

const RETRIES = OF_BOTH + 2 * HISTOGRAM;
const FAILURES = RETRIES + RETRY_REASONS.length + 3;

/** Room for codes of failures. */
export const MOST_FAILURES = 64;

/** In the record of a tenant besides. */
export const tenantSeries = {
  ...trafficSeries,
  /** New connections to backends. */
  connect: OF_BOTH,
  /** Of requests that have waited. */
  queue: OF_BOTH + HISTOGRAM,
  /** By reason. */
  retries: RETRIES,
  hedges: RETRIES + RETRY_REASONS.length,
  /** Exchanges that only a second or later attempt has saved. */
  saved: RETRIES + RETRY_REASONS.length + 1,
  /** Requests that the gateway has answered itself, because something failed or was not allowed. */
  failed: RETRIES + RETRY_REASONS.length + 2,
  /** The same by the codes of the failures. */
  failures: FAILURES,
};

/** The versions of TLS that are counted apart. */
export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const HANDSHAKES = 0;
const LINES = HANDSHAKES + 2 * TLS_VERSIONS.length;
const SPANS = LINES + 3;

/** In the one record of what belongs to no tenant. */
export const gatewaySeries = {
  /** With clients: by version, and whether they have resumed a session; see `handshakesAt`. */
  handshakes: HANDSHAKES,
  /** Of access logs. */
  linesWritten: LINES,
  linesDropped: LINES + 1,
  /** Writes that have failed. */
  writesFailed: LINES + 2,
  /** Of traces. */
  spansExported: SPANS,
  spansDropped: SPANS + 1,
  /** Posts to the collector that were in vain. */
  exportsFailed: SPANS + 2,
};

/** Doubles in a record of each kind: multiples of eight, so that no record shares a line of the cache with another. */
export const TENANT_RECORD = 184;
export const BACKEND_RECORD = 72;
export const GATEWAY_RECORD = 32;

/** Where handshakes of that version are counted. */
export function handshakesAt(version: number, isResumed: boolean): number {
  return HANDSHAKES + version * 2 + (isResumed ? 1 : 0);
}

/** Where requests of that method and status class are counted. */
export function requestsAt(method: number, status: number): number {
  return REQUESTS + method * STATUS_CLASSES.length + status;
}

/** The records before those of tenants: for all traffic, for tenants without a record of their own, and for requests that no
 * tenant has. */
export const WHOLE = 0;
export const OTHER_TENANTS = 1;
export const NO_TENANT = 2;
export const FIRST_TENANT = 3;

/** The record before those of backends: for those without one of their own. */
export const OTHER_BACKENDS = 0;
export const FIRST_BACKEND = 1;
