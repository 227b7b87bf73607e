// One client connection over HTTP/2: what its client sends, and an exchange for each stream.
import { arrivalCost } from '../../admit/costs.ts';
import { Http1Client } from '../../http1/http1-client.ts';
import { requestRefusal } from '../../http1/refusals.ts';
import * as h2 from '../../http2/frames.ts';
import type { ClientFacts, ConnectionCount } from '../../message/contract.ts';
import { type Head, acquireHead, releaseHead } from '../../message/head.ts';
import type { AcceptedConnection, ClientSocket, ConnectedPeer, ConnectionTools } from '../contract.ts';
import { identify } from '../identify.ts';
import { ClosedStreams } from './closed-streams.ts';
import { ConnectionH2 } from './connection-h2.ts';
import { Floods } from './floods.ts';
import { FrameInput, type FrameOwner } from './frame-input.ts';
import { greeting } from './greeting.ts';
import { Heads } from './heads.ts';
import { NUISANCE_SETTINGS, type Nuisance, OTHER_FRAMES, PINGS, RESETS, WINDOW_UPDATES, limitOf } from './limits.ts';
import { readPriority } from './priority.ts';
import { ReceiveWindow } from './receive-window.ts';
import { NO_REQUEST, RequestReader } from './request-reader.ts';
import type { StreamConnection, StreamH2 } from './stream-h2.ts';
import { TenantCounts } from './tenant-counts.ts';
import { UnfinishedBodies } from './unfinished-bodies.ts';

// Some clients answer each frame of data by several updates, of the stream and of the connection, and for what a large window let
// through they do so later. Others send a ping with each burst of data, to measure the way.
const UPDATES_FOR_DATA = 10;
const MOST_UPDATES_OWED = 20_000;
// A smaller part of what there is explains nothing: whoever opens a window by a few bytes at a time gets a frame for each
// (CVE-2019-9511). A message that is small itself is another thing.
const DRIBBLE = 256;
const MOST_PINGS_OWED = 100;

/** The HTTP/2 side of one accepted socket. */
export class DownstreamH2 extends ConnectionH2 implements AcceptedConnection, FrameOwner, StreamConnection {
  readonly facts: ClientFacts;
  readonly heads: Heads;
  readonly receiveWindow: ReceiveWindow;
  protected readonly input: FrameInput;
  private requests = 0;
  private lastStream = 0;
  private readonly reader: RequestReader;
  private readonly closedStreams = new ClosedStreams();
  /** Those that ended before their client had. */
  private readonly brokenStreams = new ClosedStreams();
  private readonly floods: Floods;
  private readonly unfinished: UnfinishedBodies;
  private readonly tenants = new TenantCounts();
  private readonly peer: ConnectedPeer;
  private isReading = false;
  /** Bytes of bodies in the read that is being looked at. */
  private bodyBytes = 0;

  constructor(socket: ClientSocket, peer: ConnectedPeer, tools: ConnectionTools) {
    super(socket, tools);
    // The lines that every request of this connection gets are made here, once.
    this.facts = new Http1Client(peer.facts, tools.marks);
    this.peer = { ...peer, facts: this.facts };
    this.heads = new Heads(this.output);
    this.receiveWindow = new ReceiveWindow(this.output);
    this.input = new FrameInput(this, tools);
    this.reader = new RequestReader(tools.headLimits);
    this.unfinished = new UnfinishedBodies(this.output, tools, (id) => this.brokenStreams.add(id));
    this.floods = new Floods(tools.wheel);
    const { headerBytes, headerCount } = tools.headLimits;
    this.output.put(greeting(tools.h2.streams, headerBytes, headerCount));
  }

  get countedFor(): string {
    return this.facts.address;
  }

  // ---- what comes

  received(chunk: Uint8Array): void {
    if (this.state !== 'open') return;
    this.bodyBytes = 0;
    this.isReading = true;
    this.input.read(chunk);
    this.isReading = false;
    if (this.bodyBytes > 0) this.intake.took(this.bodyBytes);
    this.headBeginsOrEnds();
  }

  headerBlock(id: number, isEnd: boolean, bytes: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open') return;
    const isNew = id > this.lastStream;
    if (!this.reader.decode(bytes, start, end, !isNew)) return this.fail(h2.COMPRESSION_ERROR);
    if (!isNew) return this.trailers(id, isEnd);
    this.lastStream = id;
    if (this.leaving === 'final') return;
    this.lastServed = id;
    if (this.streams.size < this.tools.h2.streams) return this.begin(id, isEnd);
    this.resetUnopened(id, h2.REFUSED_STREAM);
  }

  private begin(id: number, isEnd: boolean): void {
    const { tools } = this;
    const head = acquireHead();
    const at = this.reader.head(head, isEnd);
    if (at === NO_REQUEST) {
      releaseHead(head);
      return this.resetUnopened(id, h2.PROTOCOL_ERROR);
    }
    const stream = this.streams.open(this, id, this.facts);
    if (this.streams.size === 1) this.setClock();
    if (++this.requests >= tools.keepAliveRequests || tools.isDraining) this.leave();
    if (at < 0) stream.refuse(head, isEnd, requestRefusal(at, head, this.reader.parser));
    else if (!stream.begin(head, isEnd)) this.broken(stream, h2.PROTOCOL_ERROR);
  }

  private resetUnopened(id: number, code: number): void {
    this.output.reset(id, code);
    this.brokenStreams.add(id);
    this.annoyed(RESETS);
  }

  private trailers(id: number, isEnd: boolean): void {
    const stream = this.streams.find(id);
    if (stream === null) return this.trailersForNobody(id);
    if (stream.input.isEnded) return this.streamError(id, h2.STREAM_CLOSED);
    const trailers = this.reader.trailers(stream.receiver);
    if (!isEnd || trailers === 'forbidden') return this.streamError(id, h2.PROTOCOL_ERROR);
    const problem = stream.input.end(trailers);
    if (problem !== h2.NO_ERROR) this.streamError(id, problem);
  }

  // They may have been on their way when the stream ended.
  private trailersForNobody(id: number): void {
    if (this.unfinished.end(id)) this.closedStreams.add(id);
    else if (this.brokenStreams.has(id)) this.annoyed(OTHER_FRAMES);
    else this.fail(h2.STREAM_CLOSED);
  }

  data(id: number, bytes: Uint8Array, start: number, end: number): void {
    const { cost, isEnd } = this.input;
    if (this.state !== 'open') return;
    if (id > this.lastStream || (id & 1) === 0) return this.fail(h2.PROTOCOL_ERROR);
    if (!this.receiveWindow.take(cost)) return this.fail(h2.FLOW_CONTROL_ERROR);
    const stream = this.streams.find(id);
    if (stream === null) return this.dataForNobody(id, cost);
    this.bodyBytes += cost;
    this.intake.payer = stream.receiver?.payer ?? null;
    const problem = stream.input.take(bytes, start, end, cost, isEnd);
    if (problem === h2.NO_ERROR) return this.floods.explain(PINGS, 1, MOST_PINGS_OWED);
    this.receiveWindow.give(cost);
    this.streamError(id, problem);
  }

  private dataForNobody(id: number, cost: number): void {
    const isUnfinished = this.unfinished.take(id, cost, this.input.isEnd);
    if (!isUnfinished && this.closedStreams.has(id)) return this.fail(h2.STREAM_CLOSED);
    if (isUnfinished && this.input.isEnd) this.closedStreams.add(id);
    this.receiveWindow.give(cost);
  }

  windowUpdate(id: number, by: number): void {
    if (this.state !== 'open') return;
    this.annoyed(WINDOW_UPDATES);
    if (id === 0) return this.widenAll(by);
    if (id > this.lastStream || (id & 1) === 0) return this.fail(h2.PROTOCOL_ERROR);
    const stream = this.streams.find(id);
    if (stream === null) return;
    if (by === 0) return this.streamError(id, h2.PROTOCOL_ERROR);
    if (!stream.output.widen(by)) return this.streamError(id, h2.FLOW_CONTROL_ERROR);
    this.sendWaiting();
  }

  private widenAll(by: number): void {
    if (by === 0) return this.fail(h2.PROTOCOL_ERROR);
    if (!this.sender.widen(by)) return this.fail(h2.FLOW_CONTROL_ERROR);
    this.sendWaiting();
  }

  streamReset(id: number): void {
    if (this.state !== 'open') return;
    if (id > this.lastStream || (id & 1) === 0) return this.fail(h2.PROTOCOL_ERROR);
    this.annoyed(RESETS); // a cancelled request has cost a connection to a backend
    const stream = this.streams.find(id);
    if (stream === null && !this.unfinished.end(id)) return;
    this.closedStreams.add(id);
    if (stream !== null) this.drop(stream);
  }

  setting(name: number, value: number): number {
    switch (name) {
      case h2.HEADER_TABLE_SIZE:
        this.heads.limitTable(value);
        return h2.NO_ERROR;
      case h2.ENABLE_PUSH:
        return value > 1 ? h2.PROTOCOL_ERROR : h2.NO_ERROR;
      case h2.MAX_FRAME_SIZE:
        return value < h2.FRAME_LIMIT || value > h2.MOST_FRAME_SIZE ? h2.PROTOCOL_ERROR : h2.NO_ERROR; // never used in full
      case h2.INITIAL_WINDOW_SIZE:
        return value <= h2.MAX_WINDOW && this.resizeWindows(value) ? h2.NO_ERROR : h2.FLOW_CONTROL_ERROR;
      default:
        return h2.NO_ERROR;
    }
  }

  private resizeWindows(size: number): boolean {
    return this.sender.resizeWindows(
      this.streams.all.map(({ output }) => output),
      size,
    );
  }

  settingsEnd(): void {
    if (this.state !== 'open') return;
    this.output.frame(h2.SETTINGS, h2.ACK, 0, 0);
    this.sendWaiting();
  }

  ping(bytes: Uint8Array, start: number): void {
    this.sendPing(h2.ACK, bytes.subarray(start, start + h2.PING_BYTES));
  }

  priorityUpdate(id: number, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.state === 'open' ? this.streams.find(id) : null;
    if (stream !== null) stream.output.priority = readPriority(bytes, start, end);
  }

  // ---- what its streams ask for

  get arrivalCost(): number {
    return this.requests > 1 ? 0 : arrivalCost(this.facts.isTls);
  }

  identify(head: Head): ClientFacts {
    return identify(this.peer, head, this.tools);
  }

  belongsTo(tenant: ConnectionCount): boolean {
    if (this.tenants.add(tenant)) return true;
    this.leave();
    return false;
  }

  answeredEarly(id: number): void {
    this.unfinished.add(id);
  }

  completed(stream: StreamH2): void {
    this.floods.explain(RESETS, 1, 0);
    if (stream.input.isEnded) this.closedStreams.add(stream.id);
    else this.brokenStreams.add(stream.id);
    this.close(stream);
    // Nothing else is on its way that could leave with this answer: it does not wait for the end of the turn.
    if (this.streams.size === 0 && !this.isReading) this.output.flush();
  }

  broken(stream: StreamH2, code: number): void {
    this.output.reset(stream.id, code);
    this.brokenStreams.add(stream.id);
    this.drop(stream);
  }

  protected drop(stream: StreamH2): void {
    stream.gone();
    this.close(stream);
  }

  private close(stream: StreamH2): void {
    this.streams.close(stream);
    if (this.streams.size > 0 || this.state !== 'open') return;
    if (this.leaving === 'final') this.closeGracefully();
    else this.setClock();
  }

  dataSent(size: number, isCut: boolean): void {
    if (isCut && size < DRIBBLE) return;
    this.floods.explain(WINDOW_UPDATES, UPDATES_FOR_DATA, MOST_UPDATES_OWED);
    this.floods.explain(PINGS, 1, MOST_PINGS_OWED);
  }

  // ---- its limits

  annoyed(by: Nuisance): void {
    if (this.floods.add(by) > limitOf(this.tools.h2, by)) this.failFor(NUISANCE_SETTINGS[by]);
  }

  blockTooLong(setting: string): void {
    this.failFor(setting);
  }

  private failFor(setting: string): void {
    if (this.state !== 'open') return;
    const { address } = this.facts;
    this.tools.tooMuch(setting, address);
    this.fail(h2.ENHANCE_YOUR_CALM);
  }

  streamError(id: number, code: number): void {
    if (this.state !== 'open') return;
    const stream = this.streams.find(id);
    if (stream === null) return this.resetUnopened(id, code);
    this.broken(stream, code);
    this.annoyed(RESETS);
  }

  override closed(): void {
    super.closed();
    this.unfinished.clear();
    this.tenants.clear();
  }
}
