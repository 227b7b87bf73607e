// A strict, resumable parser of HTTP/1 heads (RFC 9112). It makes no strings: a Head is offsets into bytes.
import { copy } from '../core/copy-bytes.ts';
import { COLON, CR, EMPTY, LF, SP, TAB, TOKEN, VALUE, ascii, equalsExactly } from '../message/bytes.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  DATE,
  EXPECT,
  HINTS,
  HOST,
  KEEP_ALIVE,
  MAX_FORWARDS,
  OTHER,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
  classify,
} from '../message/field-names.ts';
import { BODY_NONE, type Head } from '../message/head.ts';
import { decimal, isContinue, isTrailersOnly, keepAliveTimeout, readConnectionOptions } from './field-values.ts';
import { type FramingFacts, decideRequestFraming, decideResponseFraming, noteTransferEncoding } from './framing.ts';
import {
  BAD_FIELD,
  BAD_HOST,
  BAD_LENGTH,
  BAD_START_LINE,
  BAD_VERSION,
  HEAD_TOO_LARGE,
  NEED_MORE,
  TARGET_TOO_LONG,
  TOO_MANY_FIELDS,
  TRACE_WITH_BODY,
  UNKNOWN_EXPECTATION,
} from './problems.ts';
import { acceptHost, countForwards, readTarget } from './target.ts';
import { decideUpgrade } from './upgrade.ts';

/** How large a head may be. */
export type HeadLimits = {
  /** Of the whole head with its start line, in bytes. */
  readonly headerBytes: number;
  readonly headerCount: number;
  /** Of the request target, in bytes. */
  readonly targetBytes: number;
};

const HTTP = ascii('HTTP/');
const MAX_METHOD = 32;
const MAX_EMPTY_LINE_BYTES = 16;

/** Parses the heads that arrive on one connection, one after another; `begin` is called before each. */
export class HeadParser implements FramingFacts {
  lengths = 0;
  encodings = 0;
  badEncoding = 0;
  private hosts = 0;
  private lineDone = false;
  private resumeAt = 0;
  /** Bytes of a head in pieces, gathered in the parser's own buffer; 0: the head lies in the chunk that came. */
  private gathered = 0;
  private emptyLines = 0;

  constructor(private readonly limits: HeadLimits) {}

  begin(): void {
    this.lengths = 0;
    this.encodings = 0;
    this.badEncoding = 0;
    this.hosts = 0;
    this.lineDone = false;
    this.resumeAt = 0;
    this.gathered = 0;
    this.emptyLines = 0;
  }

  /** The end of the bytes that `head.bytes` holds; those after head.end came with the head and do not belong to it. */
  available(head: Head): number {
    return this.gathered === 0 ? head.bytes.length : this.gathered;
  }

  /** Takes request bytes; returns the position after the head *in head.bytes*, NEED_MORE, or a problem. */
  feedRequest(head: Head, chunk: Uint8Array, from: number): number {
    const end = this.gather(head, chunk, from);
    if (end <= 0) return end;
    let at = this.resumeAt;
    if (!this.lineDone) {
      at = this.skipEmptyLines(head, at, end);
      if (at <= 0) return at;
      at = readRequestLine(head, at - 1, end, this.limits.targetBytes);
      if (at <= 0) return this.suspend(head, at, head.start, end);
      this.lineDone = true;
    }
    at = this.readFields(head, at, end);
    return at > 0 ? this.acceptRequest(head, at) : at;
  }

  /** The same for a response; `toHead`: it answers a HEAD request and so has no body. */
  feedResponse(head: Head, chunk: Uint8Array, from: number, toHead: boolean): number {
    const end = this.gather(head, chunk, from);
    if (end <= 0) return end;
    let at = this.resumeAt;
    if (!this.lineDone) {
      at = readStatusLine(head, at, end);
      if (at <= 0) return this.suspend(head, at, head.start, end);
      this.lineDone = true;
    }
    at = this.readFields(head, at, end);
    if (at <= 0) return at;
    head.end = at;
    const problem = decideResponseFraming(head, this, toHead);
    if (problem < 0) return problem;
    if (head.wantsUpgrade) decideUpgrade(head);
    return at;
  }

  private acceptRequest(head: Head, end: number): number {
    head.end = end;
    const host = acceptHost(head, this.hosts);
    if (host < 0) return host;
    const problem = decideRequestFraming(head, this);
    if (problem < 0) return problem;
    if (head.isTrace && head.framing !== BODY_NONE) return TRACE_WITH_BODY; // RFC 9110 9.3.8
    if (head.wantsUpgrade) decideUpgrade(head);
    if (head.maxForwards >= 0) countForwards(head);
    return end;
  }

  // Parses the first chunk in place. Only a head that comes in pieces is copied into a buffer, and parsing goes on only
  // when a piece brings a line end: the work stays linear when a peer sends byte by byte.
  private gather(head: Head, chunk: Uint8Array, from: number): number {
    if (head.bytes === EMPTY) {
      head.reserve(this.limits.headerCount);
      head.bytes = chunk;
      head.start = from;
      this.resumeAt = from;
      return chunk.length;
    }
    const size = chunk.length - from;
    if (this.gathered === 0 || this.gathered + size > head.bytes.length) this.makeRoom(head, size);
    this.gathered = copy(head.bytes, this.gathered, chunk, from, chunk.length);
    if (chunk.indexOf(LF, from) >= 0) return this.gathered;
    return this.suspend(head, NEED_MORE, this.resumeAt, this.gathered);
  }

  private makeRoom(head: Head, size: number): void {
    const start = this.gathered === 0 ? head.start : 0;
    const used = (this.gathered === 0 ? head.bytes.length : this.gathered) - start;
    // Double the room, so that the work stays linear; but by no more than a head may have, since a piece may bring much of
    // a body.
    const larger = new Uint8Array(used + size + Math.max(512, Math.min(used + size, this.limits.headerBytes)));
    copy(larger, 0, head.bytes, start, start + used);
    if (start > 0) {
      head.rebase(-start);
      this.resumeAt -= start;
    }
    head.bytes = larger;
    this.gathered = used;
  }

  private suspend(head: Head, result: number, resumeAt: number, end: number): number {
    this.resumeAt = resumeAt;
    if (result !== NEED_MORE || end - head.start <= this.limits.headerBytes) return result;
    return this.lineDone ? HEAD_TOO_LARGE : TARGET_TOO_LONG;
  }

  // RFC 9112 2.2: skips a few empty lines before a request, not a flood. Returns the position + 1: 0 means NEED_MORE.
  private skipEmptyLines(head: Head, from: number, end: number): number {
    let at = from;
    while (at < end && head.bytes[at] === CR) {
      if (at + 1 === end) break;
      if (head.bytes[at + 1] !== LF) return BAD_START_LINE;
      at += 2;
    }
    this.emptyLines += at - from;
    if (this.emptyLines > MAX_EMPTY_LINE_BYTES) return BAD_START_LINE;
    head.start = at;
    this.resumeAt = at;
    return at === end || head.bytes[at] === CR ? NEED_MORE : at + 1;
  }

  // The innermost loop of the gateway: one function does all the work of a field line, for speed.
  private readFields(head: Head, from: number, end: number): number {
    const { bytes, fields, kinds } = head;
    let i = from;
    for (;;) {
      const line = i;
      if (i + 1 >= end) return this.suspend(head, mayGoOn(bytes, i, end) ? NEED_MORE : BAD_FIELD, line, end);
      if (bytes[i] === CR) return this.endFields(head, i);
      while (i < end && TOKEN[bytes[i]] !== 0) i++;
      if (i === end) return this.suspend(head, NEED_MORE, line, end);
      if (bytes[i] !== COLON || i === line) return BAD_FIELD; // refuses obs-fold and "name :" as well
      const nameEnd = i++;
      while (i < end && (bytes[i] === SP || bytes[i] === TAB)) i++;
      const valueStart = i;
      while (i < end && VALUE[bytes[i]] !== 0) i++;
      if (i + 1 >= end) return this.suspend(head, i < end && bytes[i] !== CR ? BAD_FIELD : NEED_MORE, line, end);
      if (bytes[i] !== CR || bytes[i + 1] !== LF) return BAD_FIELD;
      if (head.count === this.limits.headerCount) return TOO_MANY_FIELDS;
      let valueEnd = i;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === TAB)) valueEnd--;
      if (valueEnd !== i || valueStart !== nameEnd + 2 || bytes[nameEnd + 1] !== SP) head.isCanonical = false;
      const kind = classify(bytes, line, nameEnd - line);
      const slot = head.count * 4;
      fields[slot] = line;
      fields[slot + 1] = nameEnd;
      fields[slot + 2] = valueStart;
      fields[slot + 3] = valueEnd;
      kinds[head.count++] = kind;
      if (kind !== OTHER) {
        const problem = this.note(head, kind, valueStart, valueEnd);
        if (problem < 0) return problem;
      }
      i += 2;
    }
  }

  private endFields(head: Head, at: number): number {
    if (head.bytes[at + 1] !== LF) return BAD_FIELD;
    return at + 2 - head.start > this.limits.headerBytes ? HEAD_TOO_LARGE : at + 2;
  }

  private note(head: Head, kind: number, start: number, end: number): number {
    switch (kind) {
      case HOST:
        this.hosts++;
        head.hostStart = start;
        head.hostEnd = end;
        return this.hosts > 1 ? BAD_HOST : 0;
      case CONTENT_LENGTH:
        head.length = decimal(head, start, end);
        return this.lengths++ > 0 || head.length < 0 ? BAD_LENGTH : 0;
      case TRANSFER_ENCODING:
        noteTransferEncoding(head, this, start, end);
        return 0;
      case CONNECTION:
        return readConnectionOptions(head, start, end);
      case UPGRADE:
        noteUpgrade(head, start, end);
        return 0;
      case TE:
        if (isTrailersOnly(head, start, end)) head.takesTrailers = true;
        return 0;
      case EXPECT:
        head.expectsContinue = isContinue(head, start, end);
        return head.status !== 0 || head.expectsContinue ? 0 : UNKNOWN_EXPECTATION;
      case MAX_FORWARDS:
        head.maxForwards = decimal(head, start, end);
        return 0;
      case KEEP_ALIVE:
        head.keepAliveSeconds = keepAliveTimeout(head, start, end);
        return 0;
      case DATE:
        head.hasDate = true;
        return 0;
      default:
        head.hints |= HINTS[kind];
        return 0;
    }
  }
}

// Two fields make a list of protocols, which is not passed on: the message is then an ordinary one.
function noteUpgrade(head: Head, start: number, end: number): void {
  if (head.upgradeEnd !== 0) head.wantsUpgrade = false;
  head.upgradeStart = start;
  head.upgradeEnd = head.upgradeEnd === 0 ? end : start;
}

// True if a field line or the empty line may begin like this; the first byte shows it.
function mayGoOn(bytes: Uint8Array, at: number, end: number): boolean {
  return at === end || bytes[at] === CR || TOKEN[bytes[at]] !== 0;
}

/** Reads a request line at `from`; returns the position after it, NEED_MORE, or a problem. */
function readRequestLine(head: Head, from: number, end: number, targetLimit: number): number {
  const bytes = head.bytes;
  let i = from;
  while (i < end && TOKEN[bytes[i]] !== 0) i++;
  if (i - from > MAX_METHOD) return BAD_START_LINE;
  if (i === end) return NEED_MORE;
  if (i === from || bytes[i] !== SP) return BAD_START_LINE;
  head.methodEnd = i;
  const afterTarget = readTarget(head, i + 1, end, targetLimit);
  if (afterTarget <= 0) return afterTarget;
  if (bytes[afterTarget] !== SP) return BAD_START_LINE;
  return readVersion(head, afterTarget + 1, end, CR);
}

/** Reads a status line at `from`; returns the position after it, NEED_MORE, or a problem. */
function readStatusLine(head: Head, from: number, end: number): number {
  const bytes = head.bytes;
  const i = readVersion(head, from, end, SP);
  if (i <= 0) return i;
  if (i + 4 >= end) return NEED_MORE;
  const a = bytes[i] - 48;
  const b = bytes[i + 1] - 48;
  const c = bytes[i + 2] - 48;
  if (a < 1 || a > 5 || b < 0 || b > 9 || c < 0 || c > 9) return BAD_START_LINE;
  head.status = a * 100 + b * 10 + c;
  let at = i + 3;
  if (bytes[at] === SP) while (at < end && VALUE[bytes[at]] !== 0) at++;
  else head.isCanonical = false; // the space before an absent reason is not optional (RFC 9112 4)
  if (at + 1 >= end) return NEED_MORE;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : BAD_START_LINE;
}

// "HTTP/1.x" followed by CR LF (request) or SP (response).
function readVersion(head: Head, at: number, end: number, after: number): number {
  const { bytes } = head;
  if (end - at < 10) return NEED_MORE;
  if (!equalsExactly(bytes, at, HTTP)) return BAD_START_LINE;
  const major = bytes[at + 5] - 48;
  const minor = bytes[at + 7] - 48;
  if (major < 0 || major > 9 || bytes[at + 6] !== 0x2e || minor < 0 || minor > 9) return BAD_START_LINE;
  if (bytes[at + 8] !== after || (after === CR && bytes[at + 9] !== LF)) return BAD_START_LINE;
  if (major !== 1 || minor > 1) return BAD_VERSION;
  head.minor = minor;
  head.keepAlive = minor === 1;
  return after === CR ? at + 10 : at + 9;
}
