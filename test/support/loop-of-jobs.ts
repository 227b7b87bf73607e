// An event loop on a virtual clock whose turns are as long as what the jobs of tenants take in them.
import { Admission } from '../../src/admit/admission.ts';
import { REQUEST_COST } from '../../src/admit/costs.ts';
import { CostedJob } from '../../src/admit/costed-job.ts';
import type { Answer, Share } from '../../src/admit/share.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { WorkTurns } from '../../src/core/work-turns.ts';

const MICROS = 1000;

/** What a turn takes when nothing is begun in it, in microseconds. */
const EMPTY_TURN = 10;

/** What a job is in this loop. */
export class LoopJob extends CostedJob {
  outcome: Answer | 'begun' | 'turned away' | 'left' = 'waits';
  askedIn = 0;
  askedAt = 0;
  begunIn = 0;

  constructor(
    readonly tenant: LoopTenant,
    private readonly loop: JobLoop,
  ) {
    super();
  }

  override begin(): void {
    this.outcome = 'begun';
    this.loop.begun(this);
  }

  override turnAway(): void {
    this.outcome = 'turned away';
    this.loop.turnedAway(this);
  }
}

export class LoopTenant {
  readonly share: Share;
  /** Microseconds of the loop that its jobs have taken. */
  worked = 0;
  begun = 0;
  turnedAway = 0;
  refused = 0;
  /** The longest wait of its jobs, in turns and in milliseconds. */
  longestTurns = 0;
  longestWait = 0;

  constructor(
    loop: JobLoop,
    weight: number,
    /** Of one job, in microseconds. */
    public cost: number,
    patience: Millis = millis(1000),
  ) {
    this.share = loop.admission.shareOf({ weight, patience });
  }
}

export class JobLoop {
  /** In milliseconds. */
  now = 0;
  /** Of which other programs had the processor, in milliseconds. */
  stolen = 0;
  turns = 0;
  readonly turnLengths: number[] = [];
  readonly bugs: Error[] = [];
  /** Called for each job that has begun. */
  onBegun: (job: LoopJob) => void = () => undefined;
  private tasks: (() => void)[] = [];
  readonly work = new WorkTurns(
    () => millis(this.now),
    (task) => this.tasks.push(task),
  );
  readonly admission = new Admission({
    now: () => millis(this.now),
    loopTime: () => millis(this.now - this.stolen),
    atEnd: (task) => this.tasks.push(task),
    leastBegun: () => this.work.least,
    reportBug: (error) => this.bugs.push(error),
  });

  tenant(weight: number, cost: number, patience?: Millis): LoopTenant {
    return new LoopTenant(this, weight, cost, patience);
  }

  ask(tenant: LoopTenant): LoopJob {
    const job = new LoopJob(tenant, this);
    job.askedIn = this.turns;
    job.askedAt = this.now;
    const answer = job.askFrom(tenant.share, 0);
    if (answer === 'begins') job.begin();
    else job.outcome = answer;
    if (answer === 'refused') tenant.refused++;
    return job;
  }

  begun(job: LoopJob): void {
    const { tenant } = job;
    job.begunIn = this.turns;
    tenant.begun++;
    tenant.worked += tenant.cost;
    tenant.longestTurns = Math.max(tenant.longestTurns, this.turns - job.askedIn);
    tenant.longestWait = Math.max(tenant.longestWait, this.now - job.askedAt);
    this.now += tenant.cost / MICROS;
    job.take(tenant.cost - REQUEST_COST);
    job.settle();
    this.onBegun(job);
  }

  turnedAway(job: LoopJob): void {
    job.tenant.turnedAway++;
    job.settle();
  }

  /** One turn: `events` come, then what is done at its end. */
  turn(events: () => void): void {
    const began = this.now;
    this.now += EMPTY_TURN / MICROS;
    events();
    const { tasks } = this;
    this.tasks = [];
    for (const task of tasks) task();
    this.turns++;
    this.turnLengths.push(this.now - began);
  }

  get hasTasks(): boolean {
    return this.tasks.length > 0;
  }

  /** Turns until so many milliseconds are over. */
  run(duration: number, events: () => void): void {
    for (const end = this.now + duration; this.now < end; ) this.turn(events);
  }
}
