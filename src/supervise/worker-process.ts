// One worker, as the supervisor sees it: a process that is told what to do, and answers in order.
import { type ReplyKind, type Reply, type ToSupervisor, type ToWorker } from './messages.ts';
import { makePair, send } from '../world/descriptor-mail.ts';
import type { Descriptor } from '../core/kernel-sockets.ts';
import { spawnSelf } from '../world/spawn-self.ts';

/** Why a process has ended. */
export type WorkerEnd = { readonly code: number | null; readonly signal: string | null };

export type WorkerEvents = {
  /** A message that answers nothing. */
  readonly told: (worker: WorkerProcess, message: Exclude<ToSupervisor, Reply>) => void;
  readonly ended: (worker: WorkerProcess, end: WorkerEnd) => void;
};

type Waiting = (reply: Reply | null) => void;

/** A started process. */
export class WorkerProcess {
  /** loading: it cannot serve yet; spare: it is ready, and serves nobody; serving; retiring: it ends when it has served
   * what it has; gone. */
  state: 'loading' | 'spare' | 'serving' | 'retiring' | 'gone' = 'loading';
  /** Which sockets it listens on; null: none. */
  slot: number | null = null;
  /** Where it counts; null: nowhere yet. */
  place: number | null = null;
  /** Why it was ended, for people; null: it was not, or there is nothing to say. */
  reason: string | null = null;
  /** It has been told what stands, and gets all news. */
  isFollowing = false;
  /** False: it ended before. */
  readonly loaded: Promise<boolean>;
  private events: WorkerEvents | null = null;
  private readonly child: Bun.Subprocess<'ignore', 'inherit', 'inherit'>;
  private readonly waiting = new Map<ReplyKind, Waiting[]>();
  private readonly mail: Descriptor;

  constructor(closeDescriptor: (descriptor: Descriptor) => void) {
    const pair = makePair();
    if (!pair.ok) throw new Error(`no pair of sockets can be made: ${pair.error}`);
    const [own, theirs] = pair.value;
    this.mail = own;
    this.loaded = this.reply('loaded').then((reply) => reply !== null);
    this.child = spawnSelf('worker', [], {
      stdio: ['ignore', 'inherit', 'inherit', theirs],
      serialization: 'advanced',
      ipc: (message: ToSupervisor) => this.received(message),
      onExit: (_, code, signal) => {
        closeDescriptor(own);
        this.end();
        this.events?.ended(this, { code, signal: signal === null ? null : String(signal) });
      },
    });
    closeDescriptor(theirs);
  }

  /** From here on somebody is told what it says and how it ends. */
  tellOf(events: WorkerEvents): void {
    this.events = events;
  }

  get pid(): number {
    return this.child.pid;
  }

  tell(message: ToWorker): void {
    if (this.state === 'gone') return;
    try {
      this.child.send(message);
    } catch {
      // It has ended, and nobody has been told so yet: its channel is closed.
    }
  }

  /** Hands over descriptors; a message has to follow that says what they are. False: they could not be sent. */
  hand(descriptors: readonly Descriptor[]): boolean {
    return this.state !== 'gone' && send(this.mail, { text: 'descriptors', descriptors }).ok;
  }

  /** Tells it something that it answers. Null: it ended before it did. */
  ask<Kind extends ReplyKind>(message: ToWorker, kind: Kind): Promise<Extract<Reply, { readonly kind: Kind }> | null> {
    const reply = this.reply(kind);
    this.tell(message);
    return reply;
  }

  /** The next answer of that kind. */
  reply<Kind extends ReplyKind>(kind: Kind): Promise<Extract<Reply, { readonly kind: Kind }> | null> {
    if (this.state === 'gone') return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiting = this.waiting.get(kind) ?? [];
      this.waiting.set(kind, waiting);
      waiting.push((reply) => resolve(isOf(reply, kind) ? reply : null));
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Kills it. `reason`: one line for people. */
  endBecause(reason: string): void {
    this.reason ??= reason;
    this.kill();
  }

  private received(message: ToSupervisor): void {
    if (isReply(message)) this.waiting.get(message.kind)?.shift()?.(message);
    else this.events?.told(this, message);
  }

  private end(): void {
    this.state = 'gone';
    for (const waiting of this.waiting.values()) for (const one of waiting.splice(0)) one(null);
  }
}

const REPLIES: ReadonlySet<string> = new Set<ReplyKind>([
  'loaded',
  'ready',
  'listening',
  'prepared',
  'committed',
  'fenced',
  'retired',
]);

function isReply(message: ToSupervisor): message is Reply {
  return REPLIES.has(message.kind);
}

function isOf<Kind extends ReplyKind>(
  reply: Reply | null,
  kind: Kind,
): reply is Extract<Reply, { readonly kind: Kind }> {
  return reply?.kind === kind;
}
