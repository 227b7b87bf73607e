// The process that is to take the place of this one, as this one sees it.
import type { Descriptor } from '../core/kernel-sockets.ts';
import { errorOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import { SUCCEEDS } from '../world/spawn-self.ts';
import { type ToPredecessor, type ToSuccessor, toPredecessor } from '../state/succession.ts';
import type { World } from '../world.ts';
import { commandOfSuccessor } from '../world/spawn-self.ts';

// How long the end of a process may take after that of its channel.
const LAST_WORD = millis(200);

type Kind = Exclude<ToPredecessor['kind'], 'failed'>;
type Said<Of extends Kind> = Extract<ToPredecessor, { readonly kind: Of }>;

export type SuccessorOptions = {
  /** Those after the program. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly inherited: readonly Descriptor[];
};

export class Successor {
  private readonly said: ToPredecessor[] = [];
  private wake: () => void = () => undefined;
  /** Why it has ended; null: it runs. */
  private end: string | null = null;

  private constructor(
    private readonly child: Bun.Subprocess,
    private readonly clock: World['clock'],
  ) {}

  /** Starts the program that is now where this one was started. The error is one line for people. */
  static start({ words, environment, inherited }: SuccessorOptions, clock: World['clock']): Result<Successor, string> {
    const command = commandOfSuccessor(words);
    try {
      const child = Bun.spawn(command, {
        env: { ...environment, [SUCCEEDS]: String(process.pid) },
        stdio: ['inherit', 'inherit', 'inherit', ...inherited],
        serialization: 'json',
        ipc: (message) => successor.heard(message),
        onDisconnect: () => successor.left(),
        onExit: (_, code, signal) =>
          successor.ended(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`),
      });
      const successor: Successor = new Successor(child, clock);
      return ok(successor);
    } catch (error) {
      return err(`${command[0] ?? ''} cannot be started: ${errorOf(error).message}`);
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  tell(message: ToSuccessor): void {
    if (this.end !== null) return;
    try {
      this.child.send(message);
    } catch {
      this.left();
    }
  }

  /** The next that it says, which is to be of this kind. The error says for people why it is not. */
  async next<Of extends Kind>(kind: Of, within: Millis): Promise<Result<Said<Of>, string>> {
    const until = this.clock.now() + within;
    const cancel = this.clock.after(within, () => this.wake());
    while (this.said.length === 0 && this.end === null && this.clock.now() < until)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    cancel();
    const said = this.said.shift();
    if (said !== undefined && isOf(said, kind)) return ok(said);
    if (said?.kind === 'failed') return err(said.reason);
    if (said !== undefined) return err(`it said ${said.kind} before ${kind}`);
    if (this.end !== null) return err(`${this.end} before it was ${kind}`);
    return err(`it was not ${kind} within ${formatDuration(within)}`);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private heard(message: unknown): void {
    const read = toPredecessor.safeParse(message);
    this.said.push(read.success ? read.data : { kind: 'failed', reason: 'it speaks otherwise than this version' });
    this.wake();
  }

  private ended(how: string): void {
    this.end = `it ended with ${how}`;
    this.wake();
  }

  // It may still run, and cannot be told anything. Its end, if that is why, is told at once.
  private left(): void {
    this.clock.after(LAST_WORD, () => {
      this.end ??= 'it closed its channel to this one';
      this.wake();
    });
  }
}

function isOf<Of extends Kind>(said: ToPredecessor, kind: Of): said is Said<Of> {
  return said.kind === kind;
}
