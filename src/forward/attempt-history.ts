// How the attempts of one exchange have gone so far: how many there were, how long they waited, and for the record of an
// exchange that had several what became of each. A plain exchange keeps only its count.
import type { TurnClock } from '../core/turn.ts';
import type { Millis } from '../core/units.ts';
import type { TriedBackend } from '../message/record.ts';
import type { Attempt } from './attempt.ts';
import { NOT_REACHED, type Times } from './times.ts';

const NONE: readonly TriedBackend[] = [];

export class AttemptHistory {
  /** Without hedges. */
  count = 0;
  /** Attempts over idle connections that turned out to be dead. */
  stale = 0;
  /** Attempts that do not count. */
  free = 0;
  /** The exchange has had its only chance of a hedge: otherwise the time for one would come again and again. */
  hasHedged = false;
  /** Since when it waits in a line. */
  private waitsSince = NOT_REACHED;
  private ended: TriedBackend[] = [];
  /** The number of the one that was kept last, and whether it was a hedge. */
  private lastNumber = 0;
  private wasHedge = false;

  constructor(
    private readonly owner: { readonly times: Times },
    private readonly turnClock: Pick<TurnClock, 'now'>,
  ) {}

  /** All attempts, where there was more than one. */
  get tried(): readonly TriedBackend[] {
    return this.isPlain ? NONE : this.ended;
  }

  /** There was one attempt at the most. */
  get isPlain(): boolean {
    return this.count < 2 && !this.hasHedged;
  }

  waits(): void {
    this.waitsSince = this.turnClock.now();
  }

  waitEnds(): void {
    if (this.waitsSince === NOT_REACHED) return;
    this.owner.times.waited(this.waitsSince, this.turnClock.now());
    this.waitsSince = NOT_REACHED;
  }

  opened(attempt: Attempt, isCurrent: boolean): void {
    attempt.opened = this.turnClock.now();
    if (isCurrent) this.owner.times.opened(attempt.began, attempt.opened);
  }

  /** The hedge takes the place of the first attempt. */
  adopted({ opened, began }: Attempt): void {
    this.owner.times.opened(opened === NOT_REACHED ? NOT_REACHED : began, opened);
  }

  /** What became of an attempt. What is said first stands: one whose answer was left aside is cancelled later. */
  keep(
    { backend, number, isHedge, began, version }: Attempt,
    outcome: TriedBackend['outcome'],
    ended = this.now,
  ): void {
    if (backend === null || (number === this.lastNumber && isHedge === this.wasHedge)) return;
    this.lastNumber = number;
    this.wasHedge = isHedge;
    const { name, address } = backend;
    this.ended.push({ backend: name, address, number, version, outcome, isHedge, began, ended });
  }

  private get now(): Millis {
    return this.turnClock.now();
  }

  clear(): void {
    this.count = 0;
    this.stale = 0;
    this.free = 0;
    this.hasHedged = false;
    if (this.lastNumber === 0) return;
    this.ended = [];
    this.lastNumber = 0;
    this.wasHedge = false;
  }
}
