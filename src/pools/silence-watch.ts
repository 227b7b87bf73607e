// Looks at the backends that have requests in flight, to notice one that has fallen silent. A request pays for it with
// the comparison of one flag, and with one store when bytes arrive.
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { EvidenceSink } from '../standing/contract.ts';
import { LEAST_SILENCE, isSuspect } from '../standing/silence.ts';
import type { Backend } from './backend.ts';
import { Hearing } from './hearing.ts';

/** Watches the backends of all pools of this process. */
export class SilenceWatch extends Timed {
  private readonly watched = new Set<Backend>();

  constructor(
    private readonly wheel: TimerWheel,
    private readonly sink: Pick<EvidenceSink, 'fellSilent'>,
  ) {
    super();
  }

  /** A request to the backend begins. */
  watch(backend: Backend): void {
    backend.isWatched = true;
    // Without a check there is no probe that could decide.
    if (backend.options.check === null) return;
    backend.hearing ??= new Hearing();
    this.watched.add(backend);
    this.arm();
  }

  override expired(): void {
    for (const backend of this.watched) {
      if (backend.ownInFlight === 0 || backend.hasLeft) {
        backend.isWatched = false;
        this.watched.delete(backend);
      } else if (backend.hearing !== null && backend.isHealthy) this.look(backend, backend.hearing);
    }
    if (this.watched.size > 0) this.arm();
  }

  // Every second tick.
  private arm(): void {
    this.wheel.set(this, this.wheel.tick);
  }

  private look(backend: Backend, hearing: Hearing): void {
    const { heardAt } = backend.transport;
    if (heardAt !== hearing.heardAt) {
      hearing.heardAt = heardAt;
      hearing.suspicions = 0;
    }
    const silent = this.silenceOf(backend);
    if (silent < LEAST_SILENCE) return;
    const hasOther = backend.owner.backends.some(
      (other) => other !== backend && other.isServing && this.silenceOf(other) < LEAST_SILENCE,
    );
    if (!isSuspect({ silent, usual: hearing.usual.value, suspicions: hearing.suspicions, hasOther })) return;
    hearing.suspicions++;
    this.sink.fellSilent(backend.slot);
  }

  /** How long requests have waited for a backend while not a byte came from it; 0 where none waits. */
  private silenceOf({ transport, ownInFlight, ownTunnels }: Backend): Millis {
    const { now, tick } = this.wheel;
    const quiet = now - transport.heardAt;
    if (ownInFlight === ownTunnels || quiet * tick < LEAST_SILENCE) return millis(0);
    const { waitingSince } = transport;
    return millis(waitingSince === 0 ? 0 : Math.min(quiet, now - waitingSince) * tick);
  }
}
