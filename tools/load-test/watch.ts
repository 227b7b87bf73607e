// Looks at the admin API again and again while the load runs.
import type { Clock } from '../../src/core/clock.ts';
import type { Millis } from '../../src/core/units.ts';
import { type AdminAccess, type BackendState, type Look, type Subject, lookAt, nameOf, subjectsOf } from './admin.ts';

/** A subject as it was from `at` on. */
export type Change = Subject & { readonly at: Millis };

export type WatchOptions = {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly admin: AdminAccess;
  readonly every: Millis;
  readonly onChange: (change: Change) => void;
};

/** Keeps every look. Their number follows from the length of the test and `every`. */
export class Watch {
  readonly looks: Look[] = [];
  readonly changes: Change[] = [];
  private readonly states = new Map<string, BackendState>();
  private cancelNext: () => void = () => undefined;
  private isOver = false;

  constructor(private readonly options: WatchOptions) {
    this.next();
  }

  /** All subjects as of the latest look; empty before the first. */
  get latest(): readonly Subject[] {
    const look = this.looks.at(-1);
    return look === undefined ? [] : subjectsOf(look);
  }

  /** Looks now, in addition to the regular looks. */
  async look(): Promise<Look> {
    const { admin, clock } = this.options;
    const look = await lookAt(admin, clock.now);
    this.looks.push(look);
    for (const subject of subjectsOf(look)) this.compare(subject, look.answeredAt);
    return look;
  }

  stop(): void {
    this.isOver = true;
    this.cancelNext();
  }

  private next(): void {
    this.cancelNext = this.options.clock.after(this.options.every, () => void this.lookAgain());
  }

  private async lookAgain(): Promise<void> {
    await this.look();
    if (!this.isOver) this.next();
  }

  private compare(subject: Subject, at: Millis): void {
    const { tenant, backend, state, reason } = subject;
    const before = this.states.get(nameOf(subject));
    this.states.set(nameOf(subject), state);
    if (before === undefined || before === state) return;
    const change = { at, tenant, backend, state, reason };
    this.changes.push(change);
    this.options.onChange(change);
  }
}
