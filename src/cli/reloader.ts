// Reads the configuration again for a gateway that serves, and puts it in force.
import type { ReloadCause, ReloadCounts, ReloadOutcome, RollbackOutcome } from '../admin/reload-control.ts';
import type { QuarantinedTenant } from '../config/last-good.ts';
import { type Problem, formatProblem, problemCount } from '../config/problems.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { Millis } from '../core/units.ts';
import type { Log, LogFields } from '../observe/log.ts';
import { allLines } from '../plan/difference-in-words.ts';
import type { Difference } from '../plan/difference.ts';
import { type Operator, describeOperator } from '../core/observer.ts';
import type { Plan } from '../plan/plan.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { History, Version } from '../state/history.ts';
import type { World } from '../world.ts';
import type { Charge } from './charge.ts';
import type { FileWatch } from '../world/file-watch.ts';
import { fixedProblems, lostRights } from './fixed-settings.ts';
import type { PackedTexts } from './config-texts.ts';
import { type ReadPlan, readPlanAgain } from './read-aside.ts';
import type { PostedTexts, WhatToRead } from './reading-process.ts';

export type ReloadTools = {
  readonly gateway: Gateway;
  readonly file: string;
  readonly world: World;
  /** Null: none is kept. */
  readonly history: History | null;
  readonly charge: Pick<Charge, 'obstacle'>;
  /** What the plan that the gateway began with was made of; null: nobody knows. */
  readonly texts: PackedTexts | null;
};

export const NO_RELOADS: ReloadCounts = { failed: 0, lastHasFailed: false, lastAt: null };

/** Puts in force what the file says now. Whoever asks while it is at work gets the next turn, all together one. */
export class Reloader {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<ReloadOutcome> | null = null;

  private watch: Pick<FileWatch, 'follow'> | null = null;
  counts: ReloadCounts = NO_RELOADS;

  /** What the plan in force was made of; null: nobody knows. */
  texts: PackedTexts | null;

  constructor(private readonly tools: ReloadTools) {
    ({ texts: this.texts } = tools);
  }

  /** Tells a watch from here on what is read. */
  watchedBy(watch: Pick<FileWatch, 'follow'>): void {
    this.watch = watch;
  }

  reload(cause: ReloadCause): Promise<ReloadOutcome> {
    if (this.next !== null) return this.next;
    const turn = this.inTurn(() => {
      this.next = null;
      return this.ifInCharge(async () => this.putInForce(await this.read(null), { cause, version: null }));
    });
    this.next = turn;
    return turn;
  }

  /** Runs a task between two reloads. */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.running.then(task);
    this.running = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a task between two reloads, if this process decides then. */
  alone<T>(task: () => Promise<T>): Promise<T | Extract<ReloadOutcome, { readonly kind: 'failed' }>> {
    return this.inTurn(() => this.ifInCharge(task));
  }

  // Another process may have taken the place of this one meanwhile: the files of the state directory are its own then.
  private async ifInCharge<T>(
    task: () => Promise<T>,
  ): Promise<T | { readonly kind: 'failed'; readonly reason: string }> {
    const { obstacle } = this.tools.charge;
    return obstacle === null ? await task() : { kind: 'failed', reason: obstacle };
  }

  // One that the end of the gateway has dropped has neither failed nor succeeded.
  private count({ kind }: ReloadOutcome): void {
    if (kind === 'dropped' || kind === 'would_reload') return;
    const hasFailed = kind !== 'reloaded';
    const failed = this.counts.failed + (hasFailed ? 1 : 0);
    this.counts = { failed, lastHasFailed: hasFailed, lastAt: this.tools.world.clock.wall() };
  }

  /** Tells what `reload` would do, and does nothing. */
  foresee(): Promise<ReloadOutcome> {
    return this.alone(async () => this.compare(await this.read(null)));
  }

  /** Puts in force what was in force before: that version, or for null the latest that differs. Its file stays as it is. */
  rollBack(number: number | null, by: Operator): Promise<RollbackOutcome> {
    return this.alone(() => this.putBack(number, by));
  }

  private async putBack(number: number | null, by: Operator): Promise<RollbackOutcome> {
    const { history } = this.tools;
    if (history === null)
      return { kind: 'failed', reason: 'this gateway has no state directory, and keeps no history' };
    const version = history.find(number);
    if (version === null) return { kind: 'failed', reason: noVersion(number, history) };
    const outcome = await this.putInForce(await this.read(version), { cause: { source: 'rollback', by }, version });
    return { ...outcome, version: version.number };
  }

  /** `version`: what is read in place of the file; null: nothing. */
  private async read(version: Version | null): Promise<TimedPlan> {
    const { history } = this.tools;
    const from = version === null || history === null ? null : history.textsOf(version);
    return await this.readWhat({ file: version === null ? this.tools.file : version.file, from });
  }

  private async readWhat(what: WhatToRead): Promise<TimedPlan> {
    const { gateway, world } = this.tools;
    const start = world.clock.now();
    const rest = (): Promise<void> => new Promise((resolve) => world.afterEvents(resolve));
    const read = await readPlanAgain(what, gateway.plan, rest);
    return { ...withoutFixed(what.file, gateway.plan, read), readIn: between(start, world.clock.now()) };
  }

  /** Reads texts that somebody has sent, and tells what they would change. Nobody is let break a tenant that is whole, whatever
   * `on_invalid_tenant` says. */
  async tryOut(posted: PostedTexts): Promise<{ readonly outcome: ReloadOutcome; readonly read: TimedPlan }> {
    const read = await this.readWhat({ file: this.tools.file, from: null, posted });
    const broken = newlyBroken(this.tools.gateway.plan, read.plan);
    if (broken.length > 0) return { outcome: { kind: 'refused', problems: broken }, read };
    return { outcome: await this.compare(read), read };
  }

  /** Puts in force what has been tried out. To be called within `alone`. */
  enforce(read: TimedPlan, cause: ReloadCause): Promise<ReloadOutcome> {
    return this.putInForce(read, { cause, version: null });
  }

  private async compare({ plan, problems }: ReadPlan): Promise<ReloadOutcome> {
    if (plan === null) return { kind: 'refused', problems };
    const found = await this.tools.gateway.compare(plan);
    if (found === null) return { kind: 'dropped' };
    const { quarantined } = plan.gateway;
    return { kind: 'would_reload', ...namesOf(found.change), changes: allLines(found.words), quarantined, problems };
  }

  private refuse(problems: readonly Problem[]): ReloadOutcome {
    const { gateway, file } = this.tools;
    for (const problem of problems) tellProblem(gateway.log, problem, 'error');
    const why = 'reload refused: the configuration has problems; the one in force stays';
    gateway.log('error', why, { file, problems: problemCount(problems) });
    return { kind: 'refused', problems };
  }

  private async putInForce(read: TimedPlan, wanted: Wanted): Promise<ReloadOutcome> {
    const outcome = await this.tryToPutInForce(read, wanted);
    this.count(outcome);
    return outcome;
  }

  private async tryToPutInForce(read: TimedPlan, { cause, version }: Wanted): Promise<ReloadOutcome> {
    const { gateway, file, world } = this.tools;
    const { plan, problems, texts, seen, readIn } = read;
    // What was in force before is read from elsewhere.
    if (version === null) this.watch?.follow(seen);
    const start = world.clock.now();
    if (plan === null) return this.refuse(problems);
    tellAllProblems(gateway.log, plan, problems);
    const applied = await gateway.apply(plan);
    if (applied.kind !== 'in_force') return applied;
    this.texts = texts;
    const names = namesOf(applied.change);
    const times = { read_in: readIn, applied_in: between(start, world.clock.now()) };
    const changes = allLines(applied.words);
    const words = changes.length === 0 ? {} : { changes: changes.join('; ') };
    const { quarantined } = plan.gateway;
    const broken = quarantined.length === 0 ? {} : { quarantined: quarantined.length };
    const counts = { tenants: plan.tenants.length, ...listed(names), ...broken };
    const fields = { file, ...causeFields(cause, version), ...counts, ...words, ...times };
    gateway.log('info', 'configuration reloaded', fields);
    if ('by' in cause && changes.length > 0)
      gateway.tell({ kind: 'configuration_changed', detail: detailOf(cause, version, changes), by: cause.by });
    await this.keep(plan, { cause, version, texts, changes });
    return { kind: 'reloaded', ...names, changes, quarantined, problems };
  }

  private async keep(plan: Plan, { cause, version, texts, changes }: Kept): Promise<void> {
    const { file, history } = this.tools;
    if (texts === null || history === null) return;
    const origin = { source: cause.source, operator: 'by' in cause ? cause.by : null, of: version?.number ?? null };
    await history.add({ ...origin, file: version?.file ?? file, ...countsOf(plan), changes, ...texts });
  }
}

/** `version`: what is put in force again; null: what the file says. */
type Wanted = { readonly cause: ReloadCause; readonly version: Version | null };

type Kept = Wanted & Pick<ReadPlan, 'texts'> & { readonly changes: readonly string[] };

/** What was read, and how long that took. */
export type TimedPlan = ReadPlan & { readonly readIn: string };

function withoutFixed(file: string, inForce: Plan, read: ReadPlan): ReadPlan {
  if (read.plan === null) return { ...read, problems: [...read.problems, ...lostRights(file, inForce, read.problems)] };
  const fixed = fixedProblems(file, inForce, read.plan);
  return fixed.length === 0 ? read : { ...read, plan: null, problems: fixed, texts: null };
}

/** What is wrong with tenants that were whole before. */
function newlyBroken(inForce: Plan, next: Plan | null): readonly Problem[] {
  const before = new Set(inForce.gateway.quarantined.map(placeOf));
  const broken = next?.gateway.quarantined.filter((one) => !before.has(placeOf(one))) ?? [];
  return broken.flatMap(({ problems }) => problems);
}

function placeOf({ tenant, file }: QuarantinedTenant): string {
  return JSON.stringify([tenant, file]);
}

function detailOf({ by }: { readonly by: Operator }, version: Version | null, changes: readonly string[]): string {
  const back = version === null ? '' : `back to version ${version.number}; `;
  return `${describeOperator(by)}: ${back}${changes.join('; ')}`;
}

/** How many tenants a plan has, and how many of its configuration's are broken. */
export function countsOf({ gateway, tenants }: Plan): Pick<Version, 'tenants' | 'quarantined'> {
  return { tenants: tenants.length, quarantined: gateway.quarantined.length };
}

function noVersion(number: number | null, { versions }: History): string {
  if (number === null) return 'there is no other version than the one in force';
  const [first, last] = [versions.at(0), versions.at(-1)];
  const known =
    first === undefined || last === undefined ? 'none is kept' : `${first.number} to ${last.number} are kept`;
  return `there is no version ${number}; ${known}`;
}

function namesOf({ added, changed, removed }: Difference): Names {
  return { added: added.map(({ name }) => name), changed: changed.map(({ name }) => name), removed };
}

function causeFields(cause: ReloadCause, version: Version | null): LogFields {
  if (!('by' in cause)) return { source: cause.source };
  const of = version === null ? {} : { version: version.number };
  return { source: cause.source, ...of, operator: cause.by.token ?? 'local', address: cause.by.address };
}

type Names = Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>;

// People look for the tenant that they have just changed; of ten thousand, a few names tell what has happened.
const MOST_NAMES = 10;

/** How many tenants are new, changed or gone, and the first of their names. */
export function listed({ added, changed, removed }: Names): LogFields {
  return { ...fieldsOf('added', added), ...fieldsOf('changed', changed), ...fieldsOf('removed', removed) };
}

function fieldsOf(what: keyof Names, names: readonly string[]): LogFields {
  return names.length === 0 ? { [what]: 0 } : { [what]: names.length, [`${what}_names`]: someOf(names) };
}

/** `a, b and 3 more`. */
export function someOf(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return names.slice(0, MOST_NAMES).join(', ') + more;
}

/** What is wrong with tenants that are in quarantine: each problem once. */
export function problemsOf({ gateway }: Plan): readonly Problem[] {
  const all = gateway.quarantined.flatMap(({ problems }) => problems);
  return [...new Map(all.map((problem) => [formatProblem(problem), problem])).values()];
}

/** Tells of a plan that is put in force: what is broken in it, and what is odd. */
export function tellAllProblems(log: Log, plan: Plan, warnings: readonly Problem[]): void {
  for (const warning of warnings) tellProblem(log, warning, 'warn');
  for (const problem of problemsOf(plan)) tellProblem(log, problem, 'error');
}

/** A problem or warning as a line of the log. */
export function tellProblem(log: Log, problem: Problem, level: LogLevel): void {
  const { file, line, column, path, message, expected, suggestion } = problem;
  log(level, message.replace(/^warning: /, ''), {
    ...(file === '' ? {} : { at: line === 0 ? file : `${file}:${line}:${column}` }),
    ...(path === '' ? {} : { setting: path }),
    ...(expected === null ? {} : { expected }),
    ...(suggestion === null ? {} : { suggestion }),
  });
}

/** `12ms`. */
export function between(start: Millis, end: Millis): string {
  return `${Math.round(end - start)}ms`;
}
