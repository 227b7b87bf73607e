// The part that an exchange has in a trace (W3C Trace Context): which trace it is, whether it is recorded, and the traceparent that
// each attempt tells its backend. It goes on with the trace of the client, or begins one.
import { copy } from '../core/copy-bytes.ts';
import { ascii, latin1 } from '../message/bytes.ts';
import type { Upstream, UpstreamVersion } from '../message/contract.ts';
import { type Edit, type Edits, requestEdit } from '../message/edits.ts';
import { HINT_TRACE, HINT_TRACE_STATE } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { RecordedTrace } from '../message/record.ts';
import { NUMBER_DIGITS, writeNumber } from '../message/request-id.ts';
import {
  BAD_PARENT,
  FLAGS_AT,
  NO_PARENT,
  RANDOM,
  SAMPLED,
  SPAN_AT,
  SPAN_DIGITS,
  TRACE_AT,
  TRACE_DIGITS,
  findParent,
  flagsAt,
} from '../message/trace-context.ts';
import type { TracingRules } from '../message/tracing-rules.ts';
import { NO_HEAD } from './policy-view.ts';

/** An attempt, as it is about to be sent. */
export type Sending = { readonly number: number; readonly isHedge: boolean; version: UpstreamVersion | null };

export type TraceTools = {
  readonly tracing: TracingRules;
  /** In [0, 1). */
  readonly random: () => number;
};

const WORDS = 2 ** 32;
// Of the digits of a trace, the last 14 decide whether it is recorded: all who begin traces by the same share record the same ones.
const DECIDING = 2 ** 56;

const NOTHING_YET = `00-${'0'.repeat(TRACE_DIGITS)}-${'0'.repeat(SPAN_DIGITS)}-00`;
const SET = requestEdit.set('traceparent', NOTHING_YET);
// Where there is none to be removed, the writer of the head has less to look for.
const APPENDED = { ...requestEdit.append('traceparent', NOTHING_YET), name: SET.name };
const LINE_START = 'traceparent: '.length;
const WITHOUT_STATE = requestEdit.remove('tracestate');
const ZERO = ascii('0')[0];

/** Used again for the next exchange. */
export class TracePart implements RecordedTrace {
  /** Backends are told of a trace by a traceparent of the gateway's own. Otherwise what the client has sent goes on as it is. */
  tells = false;
  isSampled = false;
  isCopy = false;
  flags = 0;
  version: UpstreamVersion | null = null;
  status = 0;
  /** The trace begins here: a tracestate belongs to none. */
  private isRoot = false;
  /** The head of the request has fields that say something of traces. */
  private hasFields = false;
  /** `policy`: a policy says what backends are told of traces. */
  private edited: 'not yet' | 'by itself' | 'policy' = 'not yet';
  private head: Head = NO_HEAD;
  private parentAt = NO_PARENT;
  private parentSpan = '';
  private spanHigh = 0;
  private spanLow = 0;
  /** What is told, as a line; made for the first exchange that needs it. */
  private made: Told | null = null;

  constructor(private readonly tools: TraceTools) {}

  begin(head: Head): void {
    const { parents, sample } = this.tools.tracing;
    this.hasFields = (head.hints & (HINT_TRACE | HINT_TRACE_STATE)) !== 0;
    const isFollowed = parents === 'all' || (parents === 'trusted' && head.isTrusted);
    const found = isFollowed ? findParent(head) : (head.hints & HINT_TRACE) === 0 ? NO_PARENT : BAD_PARENT;
    if (found >= 0) this.follow(head, found);
    else this.beginTrace(sample);
  }

  // A trace that is not recorded goes on as it came: whoever changes a traceparent would only add a span that nobody sees.
  private follow(head: Head, at: number): void {
    const flags = flagsAt(head.bytes, at);
    if ((flags & SAMPLED) === 0) return;
    this.start(flags & (SAMPLED | RANDOM));
    this.head = head;
    this.parentAt = at;
    const { line } = this.told;
    copy(line, LINE_START + TRACE_AT, head.bytes, at + TRACE_AT, at + TRACE_AT + TRACE_DIGITS);
  }

  // Backends are told, too, that a trace is not recorded: otherwise each would decide for itself.
  private beginTrace(sample: number): void {
    const { line } = this.told;
    const from = LINE_START + TRACE_AT;
    writeNumber(line, from, this.draw());
    writeNumber(line, from + NUMBER_DIGITS, this.draw());
    const high = this.draw();
    const low = this.draw();
    writeNumber(line, from + 2 * NUMBER_DIGITS, high);
    writeNumber(line, from + 3 * NUMBER_DIGITS, low);
    const isSampled = (high & 0xffffff) * WORDS + low >= (1 - sample) * DECIDING;
    this.start(RANDOM | (isSampled ? SAMPLED : 0));
    this.isRoot = true;
  }

  /** The exchange is a copy of that one's. */
  copies(other: TracePart): void {
    if (!other.tells) return;
    const { line } = this.told;
    this.start(other.flags);
    this.isRoot = other.isRoot;
    this.hasFields = other.hasFields;
    this.isCopy = true;
    this.parentSpan = other.spanId;
    copy(line, LINE_START + TRACE_AT, other.told.line, LINE_START + TRACE_AT, LINE_START + TRACE_AT + TRACE_DIGITS);
  }

  private start(flags: number): void {
    this.tells = true;
    this.flags = flags;
    this.isSampled = (flags & SAMPLED) !== 0;
    // Never zero, with which an id would be none.
    this.spanHigh = this.draw() | 1;
    this.spanLow = this.draw();
    this.told.line[LINE_START + FLAGS_AT + 1] = ZERO + flags;
  }

  /** Writes what the backend of an attempt is told. */
  sends(attempt: Sending, { version }: Upstream, edits: Edits<'request'>): void {
    attempt.version = version;
    this.version = version;
    if (this.edited === 'not yet') this.editHead(edits);
    if (this.edited !== 'by itself') return;
    const { line } = this.told;
    const at = LINE_START + SPAN_AT;
    writeNumber(line, at, this.spanHigh);
    writeNumber(line, at + NUMBER_DIGITS, this.lowOf(attempt.number, attempt.isHedge));
  }

  /** A copy of the request goes to another backend as well, which is told that this exchange has caused it. It may be sent when this
   * object has its next exchange. */
  tellCopy(edits: Edits<'request'>): void {
    if (!this.tells) return;
    const told = ownEdits();
    told.line.set(this.told.line);
    writeNumber(told.line, LINE_START + SPAN_AT, this.spanHigh);
    writeNumber(told.line, LINE_START + SPAN_AT + NUMBER_DIGITS, this.spanLow);
    this.add(edits, told);
  }

  private editHead(edits: Edits<'request'>): void {
    this.edited = 'policy';
    if (!this.add(edits, this.told)) return;
    this.edited = 'by itself';
  }

  // False: it is left to what policies say, or there is no room.
  private add(edits: Edits<'request'>, { set, appended }: Told): boolean {
    const isChanged = edits.changes(SET);
    if (isChanged && !hasOwn(edits)) return false;
    if (!edits.addIfRoom(isChanged || this.hasFields ? set : appended)) return false;
    if (this.isRoot && this.hasFields) edits.add(WITHOUT_STATE);
    return true;
  }

  get traceId(): string {
    const from = LINE_START + TRACE_AT;
    return latin1(this.told.line, from, from + TRACE_DIGITS);
  }

  get spanId(): string {
    return idOf(this.spanHigh, this.spanLow);
  }

  get parentId(): string | null {
    if (this.isCopy) return this.parentSpan;
    const from = this.parentAt + SPAN_AT;
    return this.parentAt < 0 ? null : latin1(this.head.bytes, from, from + SPAN_DIGITS);
  }

  spanOf(number: number, isHedge: boolean): string {
    return idOf(this.spanHigh, this.lowOf(number, isHedge));
  }

  // Attempts need no memory for their spans: they follow from that of the exchange. A hedge may have the number of a later attempt.
  private lowOf(number: number, isHedge: boolean): number {
    return (this.spanLow ^ (2 * number + (isHedge ? 1 : 0))) >>> 0;
  }

  private get told(): Told {
    this.made ??= ownEdits();
    return this.made;
  }

  private draw(): number {
    return Math.floor(this.tools.random() * WORDS) >>> 0;
  }

  clear(): void {
    if (!this.tells) return;
    this.tells = false;
    this.isSampled = false;
    this.isCopy = false;
    this.isRoot = false;
    this.version = null;
    this.status = 0;
    this.edited = 'not yet';
    this.head = NO_HEAD;
    this.parentAt = NO_PARENT;
  }
}

// Policies come first: who removes a traceparent wants to tell nobody. What a copy has of the exchange that it was made of is no
// wish of a policy's.
function hasOwn(edits: Edits<'request'>): boolean {
  for (let at = 0; at < edits.additions; at++) if (edits.addition(at).name === SET.name) return true;
  return false;
}

/** What is told, in one line: in place of what the client has sent, or where it has sent nothing. */
type Told = { readonly line: Uint8Array; readonly set: Edit<'request'>; readonly appended: Edit<'request'> };

// Each exchange has its own, whose bytes are written over for each attempt: the head is written within the call that follows.
function ownEdits(): Told {
  const line = SET.line.slice();
  const value = line.subarray(LINE_START, line.length - 2);
  return { line, set: { ...SET, line, value }, appended: { ...APPENDED, line, value } };
}

function idOf(high: number, low: number): string {
  return digitsOf(high) + digitsOf(low);
}

function digitsOf(word: number): string {
  return (word >>> 0).toString(16).padStart(NUMBER_DIGITS, '0');
}
