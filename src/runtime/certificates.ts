// The certificates of a gateway while it runs: read at the start, again with every reload, and whenever their files change.
// One that cannot be used never takes the place of one that can.
import { CertificateFiles, type ReadCertificates } from '../certificates/certificate-files.ts';
import type {
  AdviceOutcome,
  CertificateProblem,
  CertificateReport,
  HandedCertificates,
  HeldCertificate,
} from '../certificates/contract.ts';
import { Expiries } from '../certificates/expiry.ts';
import { type NextNames, ServedNames } from '../certificates/served-names.ts';
import { rulesOf, wantedCertificates } from '../certificates/wanted.ts';
import type { SeenFiles } from '../config/seen-files.ts';
import { type Certificate, daysLeft } from '../core/certificate.ts';
import type { KeyPair } from '../core/certificate-source.ts';
import type { Clock } from '../core/clock.ts';
import { traceOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { Log } from '../observe/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { World } from '../world.ts';
import type { CertificateNews } from './followers.ts';
import type { PreparedPart } from './two-phases.ts';

/** `handed`: what followers need to do the same. */
export type PreparedCertificates = PreparedPart & { readonly handed: HandedCertificates };

/** What is to be told of a host whose certificates come by ACME. */
type HostNote = { readonly renewal: number | null; readonly problem: string | null };

type Outside = Pick<World, 'readFile' | 'findFiles' | 'stampOf' | 'watchFiles'> & {
  readonly clock: Pick<Clock, 'wall' | 'every'>;
};

/** What they use of the gateway. */
export type CertificateTools = {
  readonly log: Log;
  /** Runs a task while no plan is put in force. */
  readonly inTurn: (task: () => Promise<void>) => Promise<void>;
  /** Tells the processes that follow. Resolves when they go by it. */
  readonly hand: (news: CertificateNews) => Promise<void>;
};

// Time alone may mend a certificate, or end it.
const BETWEEN_LOOKS = millis(6 * 3_600_000);
// Until somebody may.
const NOBODY_GETS = 60_000;
const NOTHING: HandedCertificates = { order: [], added: [] };

export class Certificates {
  readonly names: ServedNames;
  private readonly files: CertificateFiles;
  private readonly expiries = new Expiries();
  /** Of ACME, by what they are for. */
  private readonly installed = new Map<string, HeldCertificate>();
  /** Of hosts whose certificates come by ACME. */
  private readonly notes = new Map<string, HostNote>();
  /** How often authorities were asked for advice, by what came of it. */
  readonly advice: Record<AdviceOutcome, number> = { given: 0, none: 0, failed: 0 };
  private problems: readonly CertificateProblem[] = [];
  /** Gets certificates for clients that ask for them; null: nobody does. */
  getter: ((name: string) => Promise<number | null>) | null = null;
  private plan: Plan | null = null;
  private tools: CertificateTools | null = null;
  private watch: ReturnType<Outside['watchFiles']> | null = null;
  private stopLooking: (() => void) | null = null;
  private isStopped = false;

  constructor(private readonly outside: Outside) {
    const { readFile, findFiles, stampOf, clock } = outside;
    this.names = new ServedNames(clock.wall);
    this.files = new CertificateFiles({ readFile, findFiles, stampOf, wall: clock.wall });
    this.names.awaited.ask = (name) => void this.demand(name);
  }

  /** From here on they are watched, and people are told of them. Where another process decides, it does that. */
  begin(tools: CertificateTools): void {
    this.tools = tools;
  }

  /** For operators. */
  get reports(): readonly CertificateReport[] {
    const used = new Set<CertificateProblem>();
    const notes = new Map(Array.from(this.installed, ([host, { id }]) => [id, this.notes.get(host) ?? null]));
    const reports = this.names.held.map((certificate): CertificateReport => {
      const { id, facts, source } = certificate;
      const tenant = tenantOf(certificate);
      const problem = this.problems.find((one) => one.file === facts.file && one.tenant === tenant);
      if (problem !== undefined) used.add(problem);
      const note = notes.get(id) ?? null;
      const why = problem?.reason ?? note?.problem ?? null;
      return { facts, file: facts.file, tenant, source, problem: why, renewal: note?.renewal ?? null };
    });
    const rest = this.problems.filter((one) => !used.has(one));
    return [
      ...reports,
      ...rest.map(({ file, tenant, reason }) => ({
        facts: null,
        file,
        tenant,
        source: 'file' as const,
        problem: reason,
        renewal: null,
      })),
      ...this.unmet(),
    ];
  }

  /** An authority was asked when a certificate is best renewed. */
  countAdvice(outcome: AdviceOutcome): void {
    this.advice[outcome]++;
  }

  // Hosts that have none yet.
  private unmet(): readonly CertificateReport[] {
    return Array.from(this.notes).flatMap(([host, { problem, renewal }]): readonly CertificateReport[] => {
      if (this.installed.has(host)) return [];
      const why = problem ?? `the certificate of ${host} is being ordered`;
      return [{ facts: null, file: host, tenant: null, source: 'acme', problem: why, renewal }];
    });
  }

  /** What operators are told of a host whose certificates come by ACME; null: nothing more. */
  note(host: string, note: HostNote | null): void {
    if (note === null) this.notes.delete(host);
    else this.notes.set(host, note);
  }

  /** Reads what a plan names; handshakes that begin after the commit get what the files hold. */
  async prepare(plan: Plan): Promise<Result<PreparedCertificates, string>> {
    const read = await this.files.read(wantedCertificates(plan));
    if (read.obstacle !== null) return err(`the TLS certificate cannot be used: ${read.obstacle}`);
    const held = this.heldWith(read, plan);
    const next = this.names.prepare(held, rulesOf(plan));
    const handed = this.names.changeTo(held);
    const commit = (): void => {
      this.plan = plan;
      this.names.awaited.forget();
      // Whoever has read the configuration has been told of what is wrong with the files that it names.
      this.use(read, next, ({ keepsOld }) => keepsOld);
    };
    return ok({ handed, commit, drop: () => undefined });
  }

  /** The same with what another process has read, which this one may not be allowed to. */
  prepareGiven(plan: Plan, given: HandedCertificates): PreparedCertificates {
    const next = this.namesGiven(plan, given);
    const commit = (): void => {
      this.plan = plan;
      this.names.awaited.forget();
      this.names.use(next);
    };
    return { handed: NOTHING, commit, drop: () => undefined };
  }

  /** Gets a certificate for a name that a client has asked for. Null: it is in force everywhere; otherwise the time before which none
   * is to be had. */
  async certify(name: string): Promise<number | null> {
    return this.getter === null ? this.outside.clock.wall() + NOBODY_GETS : await this.getter(name);
  }

  private async demand(name: string): Promise<void> {
    try {
      const until = await this.certify(name);
      if (until !== null) this.names.awaited.refuse(name, until);
    } catch (error) {
      this.tools?.log('error', 'a certificate could not be got', { name, error: traceOf(error) });
    }
  }

  private namesGiven(plan: Plan, given: HandedCertificates): NextNames {
    return this.names.prepare(this.names.received(given), rulesOf(plan));
  }

  /** Another process has told what is new. */
  told(news: CertificateNews): void {
    if (news.kind === 'challenges') this.names.challenges.replace(news.open);
    else if (news.kind === 'refused') this.names.awaited.refuse(news.name, news.until);
    else if (this.plan !== null) this.names.use(this.namesGiven(this.plan, news.handed));
  }

  private heldWith(read: ReadCertificates, plan: Plan): readonly HeldCertificate[] {
    return plan.gateway.tls === null ? [] : [...read.held, ...this.installed.values()];
  }

  /** Reads again what has changed. `again`: also what could not be used. Where that fails, all stays as it was. */
  private async readAgain(again: boolean): Promise<void> {
    const { tools } = this;
    try {
      await tools?.inTurn(() => this.renew(again, tools));
    } catch (error) {
      tools?.log('error', 'certificates could not be read again', { error: traceOf(error) });
    }
  }

  private async renew(again: boolean, { hand }: CertificateTools): Promise<void> {
    const { plan, names } = this;
    if (plan === null || this.isStopped) return;
    const read = await this.files.read(wantedCertificates(plan), again);
    const held = this.heldWith(read, plan);
    const handed = names.changeTo(held);
    const isSame = handed.added.length === 0 && held.length === names.held.length;
    this.use(read, names.prepare(held, rulesOf(plan)), () => true);
    // Of several certificates for a name, time may have changed which one is the best.
    if (!isSame || again) await hand({ kind: 'certificates', handed });
  }

  private use(read: ReadCertificates, next: NextNames, isWorthTelling: (problem: CertificateProblem) => boolean): void {
    const before = new Set(this.names.held.map(({ id }) => id));
    const told = new Set(this.problems.map(textOf));
    this.names.use(next);
    this.files.keep(read);
    this.problems = read.problems;
    this.follow(read.seen);
    const log = this.tools?.log ?? null;
    if (log === null) return;
    for (const one of this.names.held) if (!before.has(one.id)) tellOfLoaded(one, log);
    for (const problem of read.problems)
      if (!told.has(textOf(problem)) && isWorthTelling(problem)) tellOfProblem(problem, log);
    this.tellOfEnds(log);
  }

  private follow(seen: SeenFiles): void {
    if (this.tools === null || this.isStopped) return;
    this.stopLooking ??= this.outside.clock.every(BETWEEN_LOOKS, () => void this.readAgain(true));
    if (this.watch !== null) this.watch.follow(seen);
    else if (seen.files.length + seen.globs.length > 0)
      this.watch = this.outside.watchFiles(seen, () => this.readAgain(false));
  }

  private tellOfEnds(log: Log): void {
    const wall = this.outside.clock.wall();
    for (const { certificate, validity, problem } of this.expiries.due(this.names.held, wall)) {
      const { facts } = certificate;
      const level = validity === 'expires_soon' ? 'warn' : 'error';
      log(level, problem, { ...whoseOf(certificate), days_left: daysLeft(facts, wall) });
    }
  }

  /** Puts a certificate in force that is in no file of the configuration. `key`: what it takes the place of. */
  async install(key: string, certificate: Certificate): Promise<void> {
    this.adopt(key, certificate);
    await this.readAgain(false);
  }

  /** The same for the plan that is put in force next. */
  adopt(key: string, certificate: Certificate): void {
    this.installed.set(key, { ...certificate, id: this.files.number(), owner: 'gateway', source: 'acme' });
  }

  async remove(key: string): Promise<void> {
    if (this.installed.delete(key)) await this.readAgain(false);
  }

  /** What clients get that ask for a name by the protocol acme-tls/1; null: no more. Resolves when all processes know. */
  async setChallenge(name: string, pair: KeyPair | null): Promise<void> {
    this.names.challenges.setPair(name, pair);
    await this.handChallenges();
  }

  /** What is answered to a token below `/.well-known/acme-challenge/`; null: nothing more. Resolves when all processes know. */
  async setAnswer(token: string, text: string | null): Promise<void> {
    this.names.challenges.setAnswer(token, text);
    await this.handChallenges();
  }

  private async handChallenges(): Promise<void> {
    await this.tools?.hand({ kind: 'challenges', open: this.names.challenges.open });
  }

  stop(): void {
    this.isStopped = true;
    this.stopLooking?.();
    this.watch?.stop();
  }
}

function textOf({ file, reason }: CertificateProblem): string {
  return `${file} ${reason}`;
}

function tenantOf({ owner }: HeldCertificate): string | null {
  return typeof owner === 'string' ? null : owner.tenant;
}

function whoseOf(certificate: HeldCertificate) {
  const { facts } = certificate;
  const tenant = tenantOf(certificate);
  return { file: facts.file, ...(tenant === null ? {} : { tenant }), names: facts.names.join(', ') };
}

function tellOfLoaded(certificate: HeldCertificate, log: Log): void {
  const { expires } = certificate.facts;
  log('info', 'certificate loaded', { ...whoseOf(certificate), expires: new Date(expires).toISOString() });
}

function tellOfProblem({ file, tenant, reason }: CertificateProblem, log: Log): void {
  log('warn', `certificate cannot be used as it is: ${reason}`, { file, ...(tenant === null ? {} : { tenant }) });
}
