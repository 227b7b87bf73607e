// The process whose place this one takes, as this one sees it.
import type { KernelSockets } from '../core/kernel-sockets.ts';
import { VERSION } from '../core/version.ts';
import type { GivenSocket } from '../listen/given-socket.ts';
import { GivenSockets } from '../listen/given-sockets.ts';
import {
  FIRST_HANDED,
  type HandedDecisions,
  type Inheritance,
  type ToPredecessor,
  type ToSuccessor,
  toSuccessor,
} from '../state/succession.ts';
import type { World } from '../world.ts';
import { SUCCEEDS, isSuccessor } from '../world/spawn-self.ts';
import { StateFolder } from '../world/state-folder.ts';

/** What it hands over. */
export type Inherited = {
  readonly state: Inheritance['state'];
  readonly workers: number;
  readonly sockets: GivenSockets;
  /** Null: it has none. */
  readonly folder: StateFolder | null;
};

export class Predecessor {
  private readonly said: ToSuccessor[] = [];
  private wake: () => void = () => undefined;
  /** Places of sockets that this process does not listen on. */
  private readonly unused: number[] = [];
  private readonly leave = (): void => process.exit(1);

  private constructor(private readonly kernel: KernelSockets) {
    process.on('message', (message: unknown) => {
      const read = toSuccessor.safeParse(message);
      if (!read.success) return this.fail('this version does not understand what it is told');
      this.said.push(read.data);
      this.wake();
    });
    // It has ended, and with it what this process was for.
    process.on('disconnect', this.leave);
  }

  /** Null: this process takes nobody's place. To be called once, before any program is started. */
  static find(
    { sockets }: Pick<World, 'sockets'>,
    environment: Record<string, string | undefined>,
  ): Predecessor | null {
    const isMeant = isSuccessor(environment);
    delete environment[SUCCEEDS];
    return isMeant && process.connected && sockets !== null ? new Predecessor(sockets) : null;
  }

  async begin(): Promise<Inherited> {
    this.say({ kind: 'loaded', version: VERSION });
    const { inheritance } = await this.next('begin');
    const { state, workers, stateDirectory, sockets } = inheritance;
    const lock = FIRST_HANDED + sockets.length;
    const all = stateDirectory === null ? sockets.length : sockets.length + 1;
    for (let at = 0; at < all; at++) this.kernel.keepFromPrograms(FIRST_HANDED + at);
    const given: GivenSocket[] = sockets.map((socket, at) => ({ ...socket, descriptor: FIRST_HANDED + at }));
    return {
      state,
      workers,
      sockets: new GivenSockets(given, (descriptor) => {
        this.unused.push(descriptor - FIRST_HANDED);
        this.kernel.close(descriptor);
      }),
      folder: stateDirectory === null ? null : StateFolder.inherit(stateDirectory, lock),
    };
  }

  /** Resolves when clients are to be let in. */
  async ready(): Promise<void> {
    this.say({ kind: 'ready' });
    await this.next('open');
  }

  /** Clients are let in. Resolves when this process is to decide, with what was decided last. */
  async serving(): Promise<HandedDecisions> {
    this.say({ kind: 'serving', unused: this.unused });
    return (await this.next('decide')).decisions;
  }

  /** This process decides. Resolves when the other one has told the service manager. */
  async deciding(): Promise<void> {
    process.off('disconnect', this.leave);
    const gone = new Promise<void>((resolve) => void process.once('disconnect', () => resolve()));
    this.say({ kind: 'deciding' });
    await Promise.race([this.next('farewell'), gone]);
    if (process.connected) process.disconnect?.();
  }

  /** This process cannot take its place. */
  fail(reason: string): void {
    this.say({ kind: 'failed', reason });
  }

  private say(message: ToPredecessor): void {
    if (process.connected) process.send?.(message);
  }

  private async next<Of extends ToSuccessor['kind']>(kind: Of): Promise<Extract<ToSuccessor, { readonly kind: Of }>> {
    while (this.said.length === 0)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    const said = this.said.shift();
    if (said !== undefined && isOf(said, kind)) return said;
    throw new Error(`the process of before said ${said?.kind ?? 'nothing'} instead of ${kind}`);
  }
}

function isOf<Of extends ToSuccessor['kind']>(
  said: ToSuccessor,
  kind: Of,
): said is Extract<ToSuccessor, { readonly kind: Of }> {
  return said.kind === kind;
}
