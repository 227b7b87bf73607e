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

const RETRIES = OF_BOTH + 2 * HISTOGRAM;

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
};

/** Doubles in a record of each kind: powers of two, so that no record shares a line of the cache with another. */
export const TENANT_RECORD = 128;
export const BACKEND_RECORD = 64;
/** In the one record of failures, by their codes. */
export const FAILURE_RECORD = 128;

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
