// Has each slot served by a worker: starts one for each and a spare one, puts the spare in the place of one that dies or
// hangs, and starts others instead.
import type { Clock } from '../core/clock.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { WorkerChange } from '../core/observer.ts';
import type { BoundSlots } from './bound-slots.ts';
import { waitForEnds } from '../world/wait-for-ends.ts';
import { describeHang } from './hang.ts';
import type { PulseWatch } from './pulse.ts';
import { Replacements } from './replacements.ts';
import type { WorkerEnd, WorkerProcess } from './worker-process.ts';

export type KeeperTools = {
  readonly clock: Clock;
  readonly slots: number;
  readonly bound: BoundSlots;
  readonly pulse: PulseWatch;
  /** Starts a process. `ready` resolves with null when it can serve, or else with what is wrong, as one line. */
  readonly start: () => { readonly worker: WorkerProcess; readonly ready: Promise<string | null> };
  /** The process at that place has ended. */
  readonly takeBack: (place: number) => void;
  readonly tell: (change: WorkerChange) => void;
  /** After which silence a worker is ended. */
  readonly hangsAfter: () => Millis;
};

// To cut ten thousand connections takes some 100 ms on a busy machine.
const LAST_CUT = millis(1000);

// One for each slot, a spare, and one that takes the place of a worker that hangs and has not been ended yet.
export const PLACES_BESIDE_SLOTS = 2;

export class SlotKeeper {
  private readonly workers = new Set<WorkerProcess>();
  private readonly replacements = new Replacements();
  private readonly freePlaces: number[];
  /** Slots that nobody serves, in the order in which they were lost. */
  private readonly orphaned: number[] = [];
  /** Which spare serves the clients of a worker that hangs. */
  private readonly helpers = new Map<WorkerProcess, WorkerProcess>();
  private isEnding = false;
  private isStarting = false;
  /** Workers end again and again: the next one starts later. */
  private isHeldBack = false;

  constructor(private readonly tools: KeeperTools) {
    this.freePlaces = Array.from({ length: tools.slots + PLACES_BESIDE_SLOTS }, (_, place) => place);
  }

  get all(): readonly WorkerProcess[] {
    return [...this.workers];
  }

  at(place: number): WorkerProcess | null {
    return this.all.find((worker) => worker.place === place) ?? null;
  }

  /** Resolves when every slot is served. An error is one line for people. */
  async begin(): Promise<string | null> {
    const started = Array.from({ length: this.tools.slots }, () => this.add());
    const problems = await Promise.all(
      started.map(async ({ worker, ready }, slot) => (await ready) ?? (await this.serve(worker, slot))),
    );
    const problem = problems.find((one) => one !== null) ?? null;
    if (problem === null) void this.startSpare();
    return problem;
  }

  private add(): ReturnType<KeeperTools['start']> {
    const started = this.tools.start();
    this.workers.add(started.worker);
    return started;
  }

  /** Has a worker serve the clients of a slot. */
  private async serve(worker: WorkerProcess, slot: number): Promise<string | null> {
    const place = worker.place ?? this.freePlaces.shift();
    if (place === undefined) return 'there is no place for another worker';
    worker.place = place;
    worker.slot = slot;
    worker.state = 'serving';
    const sockets = this.tools.bound.hand(worker, slot);
    if (sockets === null) return 'the listening sockets could not be handed over';
    const reply = await worker.ask({ kind: 'listen', place, sockets }, 'listening');
    return reply === null ? 'the worker ended before it listened' : reply.problem;
  }

  /** Has workers that began to serve while a plan was put in force listen at the addresses of that plan. */
  async bringUpToDate(): Promise<void> {
    const late = this.all.filter(({ state, slot }) => state === 'serving' && slot !== null);
    await Promise.all(
      late.map(async (worker) => {
        if (this.tools.bound.isUpToDate(worker) || worker.slot === null) return;
        if ((await this.serve(worker, worker.slot)) !== null) worker.kill();
      }),
    );
  }

  private async startSpare(): Promise<void> {
    if (this.isStarting || this.isHeldBack || this.isEnding) return;
    this.isStarting = true;
    const { worker, ready } = this.add();
    const problem = await ready;
    this.isStarting = false;
    if (problem === null && worker.state !== 'gone') worker.state = 'spare';
    else worker.kill();
    this.fill();
    if (this.spare === null && this.orphaned.length === 0 && worker.state === 'serving') void this.startSpare();
  }

  private get spare(): WorkerProcess | null {
    return this.all.find(({ state }) => state === 'spare') ?? null;
  }

  // Slots without a worker get the spare one.
  private fill(): void {
    const { spare } = this;
    const slot = spare === null ? undefined : this.orphaned.shift();
    if (spare !== null && slot !== undefined) void this.replaceBy(spare, slot);
  }

  private async replaceBy(spare: WorkerProcess, slot: number): Promise<void> {
    const problem = await this.serve(spare, slot);
    if (problem === null)
      this.tools.tell({ kind: 'worker_replaced', detail: `process ${spare.pid} serves slot ${slot}` });
    else spare.kill();
    void this.startSpare();
  }

  /** A process has ended. */
  ended(worker: WorkerProcess, end: WorkerEnd): void {
    const { slot, place } = worker;
    this.workers.delete(worker);
    this.helpers.delete(worker);
    for (const [helped, helper] of this.helpers) if (helper === worker) this.helpers.delete(helped);
    if (place !== null) {
      this.tools.takeBack(place);
      this.tools.pulse.forget(place);
      this.freePlaces.push(place);
    }
    if (this.isEnding) return;
    const how = end.signal === null ? `exit code ${end.code ?? 'unknown'}` : end.signal;
    const what = slot === null ? 'a spare worker' : `the worker of slot ${slot}`;
    this.tools.tell({ kind: 'worker_ended', detail: `${what} (process ${worker.pid}) ended with ${how}` });
    // Of one that hung and its helper, the other one has the slot still.
    if (slot !== null && !this.all.some((other) => other.slot === slot)) this.orphaned.push(slot);
    this.fill();
    this.startAgain();
  }

  private startAgain(): void {
    if (this.isHeldBack) return;
    const { clock, tell } = this.tools;
    const pause = this.replacements.died(clock.now());
    if (pause === 0) return void this.startSpare();
    const detail = `workers end again and again; the next one starts in ${formatDuration(pause)}`;
    tell({ kind: 'worker_held_back', detail });
    this.isHeldBack = true;
    clock.after(pause, () => {
      this.isHeldBack = false;
      void this.startSpare();
    });
  }

  /** To be called at each tick. */
  feel(): void {
    const { clock, pulse, hangsAfter } = this.tools;
    const now = clock.now();
    pulse.look(now);
    for (const worker of this.workers) {
      if (worker.state !== 'serving' || worker.place === null) continue;
      const { state, silent } = pulse.feel(worker.place, now, hangsAfter());
      if (state === 'hung') this.endHung(worker, silent);
      else if (state === 'suspect') this.help(worker);
      else this.helpNoMore(worker);
    }
  }

  // Clients of a worker that hangs wait in its socket: the spare takes them from there.
  private help(worker: WorkerProcess): void {
    const { spare } = this;
    if (spare === null || worker.slot === null || this.helpers.has(worker)) return;
    this.helpers.set(worker, spare);
    void this.helpBy(spare, worker.slot);
  }

  // One that does not listen is of no help, and would be taken for the worker of the slot.
  private async helpBy(spare: WorkerProcess, slot: number): Promise<void> {
    if ((await this.serve(spare, slot)) !== null) spare.kill();
  }

  private helpNoMore(worker: WorkerProcess): void {
    const helper = this.helpers.get(worker);
    if (helper === undefined) return;
    this.helpers.delete(worker);
    helper.tell({ kind: 'unlisten' });
    helper.slot = null;
    helper.state = 'spare';
  }

  private endHung(worker: WorkerProcess, silent: Millis): void {
    const detail = `the worker of slot ${worker.slot ?? '?'} (process ${worker.pid}) has hung for ${formatDuration(millis(Math.round(silent)))}: ${describeHang(worker.pid)}`;
    this.tools.tell({ kind: 'worker_hung', detail });
    // It is told of once, however long it takes to end.
    worker.state = 'retiring';
    worker.kill();
  }

  /** All accept no more, and end when what they have begun has ended; after `within` they are ended. */
  async retire(within: Millis, handsOver: Millis | null): Promise<{ readonly finished: number; readonly cut: number }> {
    this.isEnding = true;
    const serving = this.all.filter(({ state, place }) => state === 'serving' || place !== null);
    for (const worker of this.workers) if (!serving.includes(worker)) worker.kill();
    for (const worker of serving) worker.state = 'retiring';
    const cancel = this.tools.clock.after(within, () => this.killAll());
    const replies = await Promise.all(serving.map((worker) => worker.ask({ kind: 'retire', handsOver }, 'retired')));
    cancel();
    this.killAll();
    let [finished, cut] = [0, 0];
    for (const reply of replies) {
      finished += reply?.finished ?? 0;
      cut += reply?.cut ?? 0;
    }
    return { finished, cut };
  }

  /** Ends all at once. They cut their connections themselves, since the system would end each with FIN, also in the middle
   * of a response. */
  stop(): void {
    this.isEnding = true;
    for (const worker of this.workers) worker.tell({ kind: 'cut' });
    waitForEnds(
      this.all.map(({ pid }) => pid),
      LAST_CUT,
    );
    this.killAll();
  }

  private killAll(): void {
    for (const worker of this.workers) worker.kill();
  }
}
