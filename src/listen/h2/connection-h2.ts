// What an HTTP/2 connection waits for, and how it ends.
import { Inflow } from '../../core/inflow.ts';
import { Timed } from '../../core/timer-wheel.ts';
import { millis } from '../../core/units.ts';
import * as h2 from '../../http2/frames.ts';
import { ascii } from '../../message/bytes.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools } from '../contract.ts';
import { Uptake } from '../uptake.ts';
import { type DataOwner, DataSender } from './data-sender.ts';
import type { FrameInput } from './frame-input.ts';
import { FrameOutput, GONE, MANY_WAITING, type OutputOwner } from './frame-output.ts';
import { OpenStreams } from './open-streams.ts';
import type { StreamH2 } from './stream-h2.ts';

/** closing: GOAWAY is sent, and the last bytes are leaving; lingering: FIN is sent, and what still comes is read and dropped until
 * the client closes. */
type State = 'open' | 'closing' | 'lingering' | 'closed';

/** Whether the connection is to end. announced: the client knows, and what it had on its way by then is still served; final: what
 * comes from here on is not looked at (RFC 9113 6.8). */
type Leaving = 'no' | 'announced' | 'final';

// A client that does not answer a ping knows by then.
const GRACE = millis(1000);
const LAST_PING = ascii('keystone');

/** One accepted socket with its streams. While its client has something to do, it has a deadline. */
export abstract class ConnectionH2 extends Timed implements OutputOwner, DataOwner {
  readonly output: FrameOutput;
  readonly sender: DataSender;
  protected state: State = 'open';
  protected leaving: Leaving = 'no';
  /** The latest stream that is looked at. */
  protected lastServed = 0;
  protected readonly streams = new OpenStreams();
  protected readonly intake: Inflow;
  protected abstract readonly input: FrameInput;
  /** Whether its client takes what waits for it; null: nothing waits. */
  private uptake: Uptake | null = null;
  /** A part of a head has come, and its clock runs. */
  private isMidHead = false;

  constructor(
    protected readonly socket: ClientSocket,
    readonly tools: ConnectionTools,
  ) {
    super();
    this.output = new FrameOutput(socket, tools.atEnd, this);
    this.sender = new DataSender(this.output, this);
    this.intake = new Inflow(tools.turns);
    this.intake.attach(socket);
    tools.wheel.set(this, tools.timeouts.header);
  }

  /** Ends a stream that its client does not want any more. */
  protected abstract drop(stream: StreamH2): void;

  abstract dataSent(size: number, isCut: boolean): void;

  get carries(): AcceptedConnection['carries'] {
    const { all } = this.streams;
    if (all.length === 0) return 'nothing';
    return all.some(({ carries }) => carries === 'exchange') ? 'exchange' : 'tunnel';
  }

  // Its clock is not set anew by the bytes that come.
  protected headBeginsOrEnds(): void {
    if (this.isMidHead === this.input.isMidHead) return;
    this.isMidHead = this.input.isMidHead;
    this.setClock();
  }

  protected sendPing(flags: number, bytes: Uint8Array): void {
    if (this.state !== 'open') return;
    const at = this.output.frame(h2.PING, flags, 0, bytes.length);
    if (at !== GONE) this.output.room.set(bytes, at);
  }

  pingAnswered(): void {
    if (this.leaving === 'announced') this.leaveForGood();
  }

  protected sendWaiting(): void {
    this.sender.sendWaiting();
    if (this.uptake !== null) this.mayHaveCaughtUp();
  }

  outputBlocked(): void {
    this.isBehind();
  }

  dataStarved(): void {
    this.isBehind();
  }

  outputCrowded(): void {
    this.intake.hold();
  }

  outputEmpty(): void {
    if (this.state === 'closing') this.linger();
  }

  drained(): void {
    if (!this.output.drained()) return;
    if (this.output.size < MANY_WAITING) this.intake.release();
    this.sendWaiting();
  }

  // Bytes wait that its client does not take, or gives no window for. What it takes of them counts from here on.
  private isBehind(): void {
    const { wheel, minResponseRate, timeouts } = this.tools;
    if (this.uptake !== null || this.state === 'closed') return;
    this.uptake = new Uptake(wheel, minResponseRate, timeouts.idle);
    this.uptake.begin();
    this.sender.takeSent();
    this.uptake.written = this.waitingBytes;
    this.uptake.isBehind();
    this.setClock();
  }

  private mayHaveCaughtUp(): void {
    if (this.output.isBlocked || this.sender.isStarved) return;
    this.uptake = null;
    this.setClock();
  }

  private get waitingBytes(): number {
    return (this.tools.sending.kernel.waiting(this.socket) ?? 0) + this.output.size;
  }

  protected setClock(): void {
    const { wheel, timeouts } = this.tools;
    if (this.state !== 'open' && this.state !== 'closing') return;
    if (this.uptake !== null) wheel.set(this, this.uptake.interval);
    else if (this.isMidHead || !this.input.hasBegun) wheel.set(this, timeouts.header);
    else if (this.leaving === 'announced') wheel.set(this, GRACE);
    else if (this.streams.size === 0) wheel.set(this, timeouts.keepAlive);
    else wheel.clear(this); // streams have clocks of their own
  }

  override expired(): void {
    if (this.state === 'lingering') return void this.socket.end();
    if (!this.input.hasBegun) return this.socket.terminate();
    if (this.uptake !== null) return this.judgeUptake(this.uptake);
    if (this.isMidHead) return this.fail(h2.ENHANCE_YOUR_CALM);
    const isOpen = this.state === 'open';
    const isIdle = this.streams.size === 0;
    // Deadlines come before what has arrived: the client's answer, or a request.
    if (isOpen && isIdle && this.tools.hasUnread(this.socket)) return this.tools.wheel.set(this, GRACE);
    if (this.leaving === 'announced') return this.leaveForGood();
    if (!isIdle) return;
    // A request may be on its way.
    if (isOpen && this.leaving === 'no') this.leave();
    else this.end();
  }

  private judgeUptake(uptake: Uptake): void {
    uptake.written += this.sender.takeSent();
    if (uptake.isWorthwhile(this.waitingBytes)) this.setClock();
    else this.socket.terminate();
  }

  /** The connection is in error: GOAWAY, FIN, and the rest is read and thrown away. */
  fail(code: number): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    this.dropAll();
    this.output.goAway(this.lastServed, code);
    this.sendRest();
  }

  // Tells the client to send nothing new. What it has sent by then is served.
  protected leave(): void {
    if (this.leaving !== 'no' || this.state !== 'open') return;
    this.leaving = 'announced';
    this.output.goAway(h2.MAX_WINDOW, h2.NO_ERROR);
    this.sendPing(0, LAST_PING);
    this.setClock();
  }

  private leaveForGood(): void {
    this.leaving = 'final';
    this.output.goAway(this.lastServed, h2.NO_ERROR);
    if (this.streams.size === 0) this.closeGracefully();
    else this.setClock();
  }

  // Nothing is under way on it.
  private end(): void {
    this.output.goAway(this.lastServed, h2.NO_ERROR);
    this.closeGracefully();
  }

  protected closeGracefully(): void {
    this.state = 'closing';
    this.sendRest();
  }

  private sendRest(): void {
    this.input.stop();
    if (this.output.size === 0) return this.linger();
    this.output.flush();
    if (this.state === 'closing') this.isBehind();
  }

  // close(2) with unread bytes sends a reset that may destroy what is on its way: FIN first, then read to the end.
  private linger(): void {
    this.state = 'lingering';
    this.intake.release();
    this.tools.wheel.set(this, this.tools.timeouts.linger);
    this.socket.shutdown();
  }

  private dropAll(): void {
    const { all } = this.streams;
    for (let stream = all.at(-1); stream !== undefined; stream = all.at(-1)) this.drop(stream);
  }

  drain(keepsTunnels: boolean): void {
    this.leave();
    if (!keepsTunnels) for (const stream of this.streams.all) stream.endTunnel();
  }

  cut(): void {
    if (this.state === 'open' && this.streams.size === 0) this.end();
    else this.socket.terminate();
  }

  /** The client has sent FIN: it has gone, or has nothing to wait for. */
  ended(): void {
    if (this.streams.size === 0) this.socket.end();
    else this.socket.terminate();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.input.stop();
    this.tools.wheel.remove(this);
    this.output.close();
    this.intake.detach();
    this.dropAll();
  }
}
