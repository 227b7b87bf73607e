// The load test itself, without its display: the stages, the drill, and what is seen meanwhile.
import type { Clock } from '../../src/core/clock.ts';
import { type Result, err, ok } from '../../src/core/result.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import type { Look } from './admin.ts';
import type { Drill } from './drill.ts';
import type { Generator } from './generator.ts';
import type { LoadResult } from './load-program.ts';
import type { Stage } from './plan.ts';
import { Sampler, type Sample } from './sampler.ts';
import { type Scene, rest } from './scene.ts';
import { ALLOWANCE } from './setting.ts';
import { Throughput } from './timeline.ts';
import { type Change, Watch } from './watch.ts';

/** The outcome of one stage. Moments are milliseconds since the test began. */
export type Outcome = {
  readonly stage: Stage;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
  readonly load: LoadResult;
  readonly samples: readonly Sample[];
  /** From the look before it to the look after it; empty without an admin API. */
  readonly looks: readonly Look[];
  readonly changes: readonly Change[];
};

export type Audience = {
  begun(stage: Stage, number: number): void;
  ended(outcome: Outcome): void;
  changed(change: Change): void;
  acted(text: string, at: Millis): void;
};

export type SessionOptions = {
  readonly scene: Scene;
  readonly generator: Generator;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly audience: Audience;
  readonly signal: AbortSignal;
};

// Short enough to see what a drill does; but with some thousands of values at most, however long the test is.
const SHORTEST_STEP = 200;
const MOST_STEPS = 3000;
// When in its stage the drill happens, so that there is load before it, during the outage and after it.
const KILL_AFTER = 0.1;
const OUTAGE = 0.5;
const SETTLE_LIMIT = 10_000;

/** A running test. */
export class Session {
  readonly throughput: Throughput;
  readonly watch: Watch | null;
  readonly samples: Sample[] = [];
  drill: Drill | null = null;
  private readonly step: Millis;
  private readonly beganAt: Millis;
  private readonly time: Pick<Clock, 'now' | 'after'>;

  constructor(private readonly options: SessionOptions) {
    const { clock, scene, audience } = options;
    const total = scene.stages.reduce((sum, { duration }) => sum + duration, 0);
    this.step = millis(Math.max(SHORTEST_STEP, Math.ceil(total / MOST_STEPS)));
    this.beganAt = clock.now();
    this.time = { now: () => millis(clock.now() - this.beganAt), after: clock.after };
    this.throughput = new Throughput(this.step);
    const watching = { clock: this.time, every: this.step, onChange: (change: Change) => audience.changed(change) };
    this.watch = scene.admin === null ? null : new Watch({ ...watching, admin: scene.admin });
  }

  now(): Millis {
    return this.time.now();
  }

  /** Runs all stages; the error is one line for people. */
  async run(): Promise<Result<readonly Outcome[], string>> {
    const outcomes: Outcome[] = [];
    try {
      for (const [index, stage] of this.options.scene.stages.entries()) {
        this.options.audience.begun(stage, index + 1);
        const outcome = await this.runStage(stage);
        if (!outcome.ok) return err(`${stage.name}: ${outcome.error}`);
        outcomes.push(outcome.value);
        this.options.audience.ended(outcome.value);
      }
      return ok(outcomes);
    } finally {
      this.watch?.stop();
    }
  }

  private async runStage(stage: Stage): Promise<Result<Outcome, string>> {
    const { time, watch } = this;
    const firstLook = watch?.looks.length ?? 0;
    const firstChange = watch?.changes.length ?? 0;
    await watch?.look();
    const startedAt = this.now();
    const sampler = new Sampler(stage.target, time, this.step);
    const [load, problem] = await Promise.all([
      this.load(stage, startedAt),
      stage.isDrill ? this.perform(stage) : null,
    ]);
    const endedAt = this.now();
    await sampler.stop();
    this.samples.push(...sampler.samples);
    if (!load.ok) return load;
    if (problem !== null) return err(problem);
    if (stage.isDrill) await this.untilBack();
    await watch?.look();
    return ok({
      stage,
      startedAt,
      endedAt,
      load: load.value,
      samples: sampler.samples,
      looks: watch?.looks.slice(firstLook) ?? [],
      changes: watch?.changes.slice(firstChange) ?? [],
    });
  }

  private async load(stage: Stage, startedAt: Millis): Promise<Result<LoadResult, string>> {
    const { generator, signal } = this.options;
    const { target, connections, duration } = stage;
    let told = 0;
    let toldAt: number = startedAt;
    const onTick = (requests: number, during: number): void => {
      toldAt = this.now();
      told += requests;
      this.throughput.add(requests, Math.max(startedAt, toldAt - during), toldAt);
    };
    const result = await generator.run({ target, connections, duration, onTick, signal });
    if (result.ok) this.throughput.add(Math.max(0, result.value.requests - told), toldAt, this.now());
    return result;
  }

  /** Kills an origin and starts it again. Null: both succeeded; otherwise one line for people. */
  private async perform({ duration }: Stage): Promise<string | null> {
    const { audience, signal } = this.options;
    const { victim } = this.options.scene;
    if (victim === null) return null;
    await rest(this.time, millis(duration * KILL_AFTER), signal);
    if (signal.aborted) return null;
    const killedAt = this.now();
    victim.kill();
    audience.acted(`origin ${victim.name} is killed (SIGKILL)`, killedAt);
    await rest(this.time, millis(Math.max(duration * OUTAGE, ALLOWANCE.down + 2 * this.step)), signal);
    const started = signal.aborted ? null : await victim.start();
    if (started === null) return null;
    const revivedAt = this.now();
    this.drill = { origin: victim.name, killedAt, revivedAt, allowed: ALLOWANCE };
    audience.acted(`origin ${victim.name} is there again`, revivedAt);
    return started.ok ? null : started.error;
  }

  /** Waits until all backends are healthy, for the next stage. The looks show whether that took too long. */
  private async untilBack(): Promise<void> {
    const { watch, drill } = this;
    if (watch === null || drill === null) return;
    const end = drill.revivedAt + drill.allowed.up + SETTLE_LIMIT;
    // The word on the health of the whole may be a second old.
    const isBack = (): boolean =>
      watch.looks.at(-1)?.health?.status === 'healthy' && watch.latest.every(({ state }) => state === 'healthy');
    while (this.now() < end && !isBack()) await rest(this.time, millis(this.step / 4), this.options.signal);
  }
}
