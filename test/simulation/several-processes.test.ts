// Several processes that choose among the same backends: what each of them must know of the others' requests.
import { expect, test } from 'bun:test';
import { leastRequests } from '../../src/balance/least-requests.ts';
import { mix32 } from '../../src/core/hash.ts';
import { TestTools, create, seededRandom } from '../support/balancing.ts';
import { Simulation } from './simulation.ts';

// Milliseconds of work for a request, on average, at each backend. One is five times as slow as the others.
const WORK = [20, 20, 20, 20, 20, 20, 20, 100];
// Requests that a backend works on at a time; the others wait there.
const AT_ONCE = 4;
const LOAD = 0.7;
const DURATION = 120_000;

/** A backend, with the requests of all processes. */
class Origin {
  readonly waiting: (() => void)[] = [];
  busy = 0;

  constructor(
    readonly counts: Int32Array,
    private readonly work: number,
    private readonly simulation: Simulation,
    private readonly random: () => number,
  ) {}

  get inFlight(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  serve(done: () => void): void {
    if (this.busy === AT_ONCE) this.waiting.push(done);
    else this.begin(done);
  }

  private begin(done: () => void): void {
    this.busy++;
    this.simulation.once(this.simulation.now() - Math.log(1 - this.random()) * this.work, () => {
      this.busy--;
      done();
      const next = this.waiting.shift();
      if (next !== undefined) this.begin(next);
    });
  }
}

/** The 99th percentile of the time that requests take, in milliseconds. */
function slowest(processes: number, knowsOthers: boolean): number {
  const simulation = new Simulation();
  const random = seededRandom(7);
  const origins = WORK.map((work) => new Origin(new Int32Array(processes), work, simulation, random));
  const balancers = Array.from({ length: processes }, (_, place) => {
    const tools = new TestTools(place + 1);
    tools.offset = place;
    const balancer = create(leastRequests, tools);
    balancer.update(
      origins.map((origin, id) => ({
        id,
        identityHash: mix32(id),
        weight: 1,
        get inFlight(): number {
          return knowsOthers ? origin.inFlight : origin.counts[place];
        },
      })),
    );
    return balancer;
  });
  const times: number[] = [];
  const rate = WORK.reduce((sum, work) => sum + AT_ONCE / work, 0) * LOAD;
  const next = (at: number): void => {
    if (at > DURATION) return;
    simulation.once(at, () => {
      next(at - Math.log(1 - random()) / rate);
      const place = Math.floor(random() * processes);
      const origin = origins[balancers[place].pick(0)];
      origin.counts[place]++;
      origin.serve(() => {
        origin.counts[place]--;
        times.push(simulation.now() - at);
      });
    });
  };
  next(0);
  simulation.run(2 * DURATION);
  times.sort((left, right) => left - right);
  return times[Math.floor(times.length * 0.99)];
}

test('least_requests is as good over 16 processes as over one, since each sees the requests of all', () => {
  const alone = slowest(1, true);
  expect(slowest(16, true)).toBeLessThan(1.05 * alone);
  // Otherwise each would see its own sixteenth, and send to the slow backend what it cannot serve.
  expect(slowest(16, false)).toBeGreaterThan(1.3 * alone);
});
