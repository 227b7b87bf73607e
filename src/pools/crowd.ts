// Requests that wait for backends whose places other processes have: who frees a place there wakes a process in which
// requests wait, and each such process looks for itself at every tick of its wheel, so that a lost word costs one tick.
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { Backend } from './backend.ts';

/** The requests of one tenant in all processes. Only for those that share their cells. */
export class Crowd extends Timed {
  constructor(
    private readonly wheel: TimerWheel,
    /** Looks for places, for the requests that wait in this process. */
    private readonly look: () => void,
  ) {
    super();
  }

  /** Requests wait here for the backends that are left out. True: one of them has a place by now, and it is ours. */
  gather(members: readonly Backend[]): boolean {
    let isNew = false;
    for (const backend of members) if (backend.isLeftOut && backend.await()) isNew = true;
    if (this.deadlineTick === 0) this.wheel.set(this, millis(0));
    return isNew && members.some(isFreeForUs);
  }

  /** None waits here any more. */
  disperse(members: readonly Backend[]): void {
    this.wheel.clear(this);
    for (const backend of members) backend.awaitNoMore();
  }

  override expired(): void {
    this.look();
  }
}

/** A backend that is left out has a place, and nobody else is to have it. */
export function isFreeForUs(backend: Backend): boolean {
  if (!backend.isLeftOut || !backend.hasRoom) return false;
  const others = backend.waitersElsewhere;
  return others === 0 || backend.comesBefore(others) || !backend.hasMoreThanItsPart(others);
}

/** A place has become free. True: it is left to another process, which hears of it. `waits`: requests wait here, too. */
export function isLeftToOthers(backend: Backend, waits: boolean): boolean {
  const others = backend.waitersElsewhere;
  if (others === 0 || !backend.hasRoom) return false;
  if (waits && !backend.hasMoreThanItsPart(others)) return false;
  backend.wakeOne(others);
  return true;
}
