// Has each slot served by a worker: starts one for each and a spare one, puts the spare in the place of one that dies or
// hangs, and starts others instead.
import type { Clock } from '../core/clock.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { SuperviseSettings } from '../config/supervise.ts';
import type { WorkerChange } from '../core/observer.ts';
import type { BoundSlots } from './bound-slots.ts';
import { waitForEnds } from '../world/wait-for-ends.ts';
import { type Look, describeHang, seeProcess } from './hang.ts';
import { PLACES_BESIDE_SLOTS } from './places.ts';
import type { PulseWatch } from './pulse.ts';
import { Replacements } from './replacements.ts';
import type { WorkerEnd, WorkerProcess } from './worker-process.ts';

export type KeeperTools = {
  readonly clock: Clock;
  readonly slots: number;
  readonly bound: BoundSlots;
  readonly pulse: PulseWatch;
  /** Starts a process. Null: it ended before it could serve. */
  readonly start: () => { readonly worker: WorkerProcess; readonly ready: Promise<string | null> };
  /** The process at that place has ended. */
  readonly takeBack: (place: number) => void;
  readonly tell: (change: WorkerChange) => void;
  /** What the worker at that place has said that it does, for people; null: nothing. */
  readonly doing: (place: number) => string | null;
  /** Those of the plan in force. */
  readonly settings: () => SuperviseSettings;
};

// To cut ten thousand connections takes some 100 ms on a busy machine.
const LAST_CUT = millis(1000);

const AFTER_CLIENTS = millis(150);

export class SlotKeeper {
  private readonly workers = new Set<WorkerProcess>();
  private readonly replacements = new Replacements();
  /** How often another worker has taken the place of one that died or hung, by slots. */
  readonly restarts: number[];
  private readonly freePlaces: number[];
  /** Slots that nobody serves, in the order in which they were lost. */
  private readonly orphaned: number[] = [];
  /** Which spare serves the clients of a worker that hangs. */
  private readonly helpers = new Map<WorkerProcess, WorkerProcess>();
  /** Those that have not moved for a while, as they were when that was noticed. */
  private readonly suspects = new Map<WorkerProcess, Look>();
  /** How many are on their way to be spare. */
  private starting = 0;
  private isHeldBack = false;
  private isEnding = false;

  constructor(private readonly tools: KeeperTools) {
    this.restarts = Array.from({ length: tools.slots }, () => 0);
    this.freePlaces = Array.from({ length: tools.slots + PLACES_BESIDE_SLOTS }, (_, place) => place);
  }

  get all(): readonly WorkerProcess[] {
    return [...this.workers];
  }

  /** Some of them get all news. */
  get hasFollowers(): boolean {
    for (const { isFollowing } of this.workers) if (isFollowing) return true;
    return false;
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
    if (problem === null) this.startSoon();
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
        const problem = await this.serve(worker, worker.slot);
        if (problem !== null) worker.endBecause(problem);
      }),
    );
  }

  // At once where a slot has nobody. Otherwise only the spare one is missing, and clients of a worker that has just begun to
  // listen come first: to start a process takes all of a core for some 200 ms.
  private startSoon(): void {
    if (this.orphaned.length > 0) this.startMissing();
    else this.tools.clock.after(AFTER_CLIENTS, () => this.startMissing());
  }

  /** Starts one for each slot without a worker, and the spare one. */
  private startMissing(): void {
    if (this.isEnding || this.isHeldBack) return;
    // One that helps is spare again, or has a slot of its own soon.
    const ready = this.starting + (this.spare === null ? 0 : 1) + this.helpers.size;
    const wanted = this.orphaned.length + (this.tools.settings().spare ? 1 : 0);
    for (let missing = wanted - ready; missing > 0; missing--) void this.startSpare();
  }

  private async startSpare(): Promise<void> {
    this.starting++;
    const { worker, ready } = this.add();
    const problem = await ready;
    this.starting--;
    if (worker.state === 'gone') return this.startMissing();
    if (problem !== null) return worker.endBecause(problem);
    worker.state = 'spare';
    this.fill();
    if (worker.slot === null) worker.tell({ kind: 'rehearse' });
    this.startSoon();
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
    if (problem === null) this.tellReplaced(spare, slot);
    else {
      // Its end gives back what slot it has.
      if (spare.slot === null) this.orphaned.unshift(slot);
      spare.endBecause(problem);
    }
    this.startSoon();
  }

  private tellReplaced({ pid }: WorkerProcess, slot: number): void {
    this.restarts[slot] = (this.restarts[slot] ?? 0) + 1;
    this.tools.tell({ kind: 'worker_replaced', detail: `process ${pid} serves slot ${slot}` });
  }

  /** A process has ended. */
  ended(worker: WorkerProcess, end: WorkerEnd): void {
    const { place } = worker;
    this.workers.delete(worker);
    this.suspects.delete(worker);
    if (!this.isEnding) {
      // Clients wait: all the rest comes after this.
      this.vacate(worker);
      this.fill();
    }
    if (place !== null) {
      this.tools.takeBack(place);
      this.tools.pulse.forget(place);
      this.freePlaces.push(place);
    }
    if (this.isEnding) return;
    this.tools.tell({ kind: 'worker_ended', detail: describeEnd(worker, end) });
    this.holdBack();
    this.startSoon();
  }

  // Its slot is another one's to serve.
  private vacate(worker: WorkerProcess): void {
    const { slot } = worker;
    const helper = this.helpers.get(worker);
    this.helpers.delete(worker);
    if (helper !== undefined) {
      // The helper has the slot already.
      if (slot !== null) this.tellReplaced(helper, slot);
      return;
    }
    const helped = [...this.helpers].find(([, one]) => one === worker)?.[0];
    // The one that it has helped has the slot still.
    if (helped !== undefined) this.helpers.delete(helped);
    else if (slot !== null) this.orphaned.push(slot);
  }

  private holdBack(): void {
    const { clock, tell, settings } = this.tools;
    const { max_deaths: maxDeaths, max_start_delay: maxPause } = settings();
    if (this.isHeldBack) return;
    const pause = this.replacements.died(clock.now(), { maxDeaths, maxPause });
    if (pause === 0) return;
    this.isHeldBack = true;
    const detail = `workers end again and again; the next one starts in ${formatDuration(pause)}`;
    tell({ kind: 'worker_held_back', detail });
    clock.after(pause, () => {
      this.isHeldBack = false;
      this.startMissing();
    });
  }

  /** To be called at each tick. */
  feel(): void {
    const { clock, pulse, settings } = this.tools;
    const { help_after: helpAfter, hang: hangsAfter } = settings();
    const now = clock.now();
    pulse.look(now);
    for (const worker of this.workers) {
      const { state: role, place } = worker;
      // A spare one that has helped once has a place, and a pulse.
      if (place === null || (role !== 'serving' && role !== 'spare')) continue;
      const { state, silent } = pulse.feel(place, now, { helpAfter, hangsAfter });
      if (state === 'hung') this.endHung(worker, silent);
      else if (state === 'suspect') this.help(worker);
      else this.helpNoMore(worker);
    }
  }

  // Clients of a worker that hangs wait in its socket: the spare takes them from there.
  private help(worker: WorkerProcess): void {
    if (!this.suspects.has(worker))
      this.suspects.set(worker, { at: this.tools.clock.now(), cpu: seeProcess(worker.pid).cpu });
    const { slot } = worker;
    const spare = this.all.find((one) => one.state === 'spare' && !this.suspects.has(one)) ?? null;
    if (spare === null || slot === null || worker.state !== 'serving' || this.isHelped(worker)) return;
    this.helpers.set(worker, spare);
    void this.serve(spare, slot).then((problem) => (problem === null ? undefined : spare.endBecause(problem)));
  }

  // A helper that hangs itself is not helped: the worker that it helps may be well again by now.
  private isHelped(worker: WorkerProcess): boolean {
    return [...this.helpers].some(([one, helper]) => one === worker || helper === worker);
  }

  private helpNoMore(worker: WorkerProcess): void {
    this.suspects.delete(worker);
    const helper = this.helpers.get(worker);
    if (helper === undefined) return;
    this.helpers.delete(worker);
    helper.tell({ kind: 'unlisten' });
    helper.slot = null;
    helper.state = 'spare';
    this.fill();
  }

  private endHung(worker: WorkerProcess, silent: Millis): void {
    const { tell, clock, doing } = this.tools;
    const { pid, place } = worker;
    const said = place === null ? null : doing(place);
    const seen = describeHang(seeProcess(pid), clock.now(), this.suspects.get(worker) ?? null, said);
    const silence = formatDuration(millis(Math.round(silent)));
    tell({ kind: 'worker_hung', detail: `${nameOf(worker)} has hung for ${silence}: ${seen}` });
    worker.endBecause('it hung');
    // It is told of once; the end of the process may take a moment.
    worker.state = 'retiring';
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

function describeEnd(worker: WorkerProcess, { code, signal }: WorkerEnd): string {
  const how = signal ?? `exit code ${code ?? 'unknown'}`;
  const why = worker.reason === null ? '' : `: ${worker.reason}`;
  return `${nameOf(worker)} ended with ${how}${why}`;
}

function nameOf({ slot, pid }: WorkerProcess): string {
  return `${slot === null ? 'a spare worker' : `the worker of slot ${slot}`} (process ${pid})`;
}
