// The form of every message head, whatever protocol it came by: bytes and offsets, no strings.
import { EMPTY, equalsExactly, ascii } from './bytes.ts';

export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
export const BODY_UNTIL_CLOSE = 3;
/** How the end of a body is found. */
export type Framing = typeof BODY_NONE | typeof BODY_LENGTH | typeof BODY_CHUNKED | typeof BODY_UNTIL_CLOSE;

/** The path may have dot segments or percent-encoded characters: it is normalised before it is routed. */
export const PATH_UNNORMALISED = 1;
/** The path has parts that a backend may read differently (`//`, `%2F`, `;` …): the router looks up that reading, too. */
export const PATH_AMBIGUOUS = 2;
/** The path has a backslash. */
export const PATH_BACKSLASH = 4;

const FIRST_CAPACITY = 100; // the default limit
const HEAD_METHOD = ascii('HEAD');

/** One message head: where its parts lie in `bytes`. From a pool; valid until it is released. */
export class Head {
  bytes: Uint8Array = EMPTY;
  /** [start, end): from the start line to after the empty line. */
  start = 0;
  end = 0;
  /** For each field: nameStart, nameEnd, valueStart, valueEnd. */
  fields = new Int32Array(FIRST_CAPACITY * 4);
  kinds = new Uint8Array(FIRST_CAPACITY);
  count = 0;
  methodEnd = 0;
  /** [pathStart, targetEnd): path and query. The path is in its normal form, by which the request is routed. */
  pathStart = 0;
  /** Where the path ends and the query, with its `?`, begins. */
  pathEnd = 0;
  /** What the path holds besides plain characters: the PATH_ flags. */
  pathFlags = 0;
  targetEnd = 0;
  /** The target as the client sent it, if its path had to be decoded for routing; null: it lies in `bytes`. */
  sentTarget: TargetPlace | null = null;
  status = 0;
  /** Minor version of HTTP/1. */
  minor = 1;
  framing: Framing = BODY_NONE;
  /** The length of the body, if it is known; else 0. */
  length = 0;
  hostStart = 0;
  hostEnd = 0;
  /** Where the host's name ends and its port, with the colon, begins. */
  hostNameEnd = 0;
  /** The host stands in the target only: there is no Host field to pass on. */
  targetHostOnly = false;
  keepAlive = true;
  asksToClose = false;
  /** Connection lists `upgrade`. */
  wantsUpgrade = false;
  /** The value of the only Upgrade field. */
  upgradeStart = 0;
  upgradeEnd = 0;
  /** The request asks to change the protocol (RFC 9110 7.8), and may; or the response changes it. */
  isUpgrade = false;
  /** Connection lists fields other than `close` and `keep-alive`. */
  hasNominated = false;
  /** Every field line is `name: value CRLF`, so that a run of lines may be copied as it is. */
  isCanonical = true;
  /** TE says that the sender takes trailers. */
  takesTrailers = false;
  /** Which fields it has that lead to more work: the HINT_ flags of field-names.ts. */
  hints = 0;
  /** Its trailers are passed on, without those that could do harm. */
  passesTrailers = false;
  /** The method is TRACE, which is served only for tenants that allow it. */
  isTrace = false;
  /** How often an OPTIONS or TRACE request may be passed on; -1: without a limit. */
  maxForwards = -1;
  /** The request has such a limit, and the gateway counts it down. */
  countsForwards = false;
  hasDate = false;
  /** Seconds for which the backend says that it keeps an idle connection; 0: it does not say. */
  keepAliveSeconds = 0;
  /** Number of the request within this process: the second half of its id. */
  number = 0;
  /** The peer that sent it is trusted: the gateway believes its X-Request-Id, X-Real-IP and forwarding fields. */
  isTrusted = false;
  /** The peer is trusted and has sent an X-Request-Id, which the request keeps. */
  hasTrustedId = false;
  /** The client waits for a 100 before it sends the body (RFC 9110 10.1.1). */
  expectsContinue = false;

  /** True for the method HEAD, whose response has no body. Method names are case-sensitive. */
  get isHeadMethod(): boolean {
    return this.methodEnd - this.start === 4 && equalsExactly(this.bytes, this.start, HEAD_METHOD);
  }

  /** The target that goes on to a backend, before a prefix is stripped: byte for byte what the client sent, unless its
   * path had dot segments. Decisions by the path go by the one in `bytes`. */
  get forwardedTarget(): TargetPlace {
    return this.sentTarget ?? this;
  }

  /** The class of the method: whether the request may be sent twice. */
  get methodClass(): MethodClass {
    return classifyMethod(this.bytes, this.start, this.methodEnd);
  }

  /** True if it has a field of that kind. */
  hasKind(kind: number): boolean {
    for (let f = 0; f < this.count; f++) if (this.kinds[f] === kind) return true;
    return false;
  }

  reset(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    this.count = 0;
    this.methodEnd = 0;
    this.pathStart = 0;
    this.pathEnd = 0;
    this.pathFlags = 0;
    this.targetEnd = 0;
    this.sentTarget = null;
    this.status = 0;
    this.minor = 1;
    this.framing = BODY_NONE;
    this.length = 0;
    this.hostStart = 0;
    this.hostEnd = 0;
    this.hostNameEnd = 0;
    this.targetHostOnly = false;
    this.keepAlive = true;
    this.asksToClose = false;
    this.wantsUpgrade = false;
    this.upgradeStart = 0;
    this.upgradeEnd = 0;
    this.isUpgrade = false;
    this.hasNominated = false;
    this.isCanonical = true;
    this.takesTrailers = false;
    this.hints = 0;
    this.passesTrailers = false;
    this.isTrace = false;
    this.maxForwards = -1;
    this.countsForwards = false;
    this.hasDate = false;
    this.keepAliveSeconds = 0;
    this.isTrusted = false;
    this.hasTrustedId = false;
    this.expectsContinue = false;
  }

  /** Makes room for `limit` fields, so that the parser can write them without a check. */
  reserve(limit: number): void {
    if (this.kinds.length >= limit) return;
    this.fields = new Int32Array(limit * 4);
    this.kinds = new Uint8Array(limit);
  }

  /** Moves all offsets, after the bytes of an incomplete head were moved. */
  rebase(by: number): void {
    for (let i = 0; i < this.count * 4; i++) this.fields[i] += by;
    this.start += by;
    this.methodEnd += by;
    this.pathStart += by;
    this.pathEnd += by;
    this.targetEnd += by;
    this.hostStart += by;
    this.hostEnd += by;
    this.hostNameEnd += by;
    this.upgradeStart += by;
    this.upgradeEnd += by;
  }
}

/** Where path and query of a request lie. */
export type TargetPlace = Readonly<Pick<Head, 'bytes' | 'pathStart' | 'pathEnd' | 'targetEnd'>>;

/** RFC 9110 9.2: `safe` reads only; `idempotent` may be repeated; `once` must not be sent twice. */
export type MethodClass = 'safe' | 'idempotent' | 'once';

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH'].map(ascii);
const IDEMPOTENT = ['PUT', 'DELETE'].map(ascii);

function classifyMethod(bytes: Uint8Array, start: number, end: number): MethodClass {
  for (const method of SAFE) if (isMethod(bytes, start, end, method)) return 'safe';
  for (const method of IDEMPOTENT) if (isMethod(bytes, start, end, method)) return 'idempotent';
  return 'once';
}

/** True if [start, end) is the given method, byte for byte. */
export function isMethod(bytes: Uint8Array, start: number, end: number, method: Uint8Array): boolean {
  return end - start === method.length && equalsExactly(bytes, start, method);
}

// A new Head for each request costs 1.3 µs: two typed arrays that miss the cache.
const POOL_LIMIT = 1024;
const free: Head[] = [];

/** A head from the pool, reset. */
export function acquireHead(): Head {
  return free.pop() ?? new Head();
}

/** Gives a head back to the pool. The caller must not use it again: it belongs to its next owner. */
export function releaseHead(head: Head): void {
  head.reset();
  if (free.length < POOL_LIMIT) free.push(head);
}

/** A copy from the pool, which shares the bytes of its original. */
export function duplicateHead(head: Head): Head {
  const copy = acquireHead();
  copy.reserve(head.count);
  const { fields, kinds } = copy;
  fields.set(head.fields.subarray(0, head.count * 4));
  kinds.set(head.kinds.subarray(0, head.count));
  return Object.assign(copy, head, { fields, kinds });
}

/** A copy that outlives its original and shares its bytes. It is not from the pool, and must not be released. */
export function copyHead(head: Head): Head {
  const copy = Object.assign(new Head(), head);
  copy.fields = head.fields.slice(0, head.count * 4);
  copy.kinds = head.kinds.slice(0, head.count);
  return copy;
}
