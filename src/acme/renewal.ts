// Gets certificates for the hosts of a gateway, and renews them while it runs. What is due, and when, is decided in schedule.ts.
import type { AdviceOutcome, HeldCertificate } from '../certificates/contract.ts';
import type { Certificate } from '../core/certificate.ts';
import { errorOf } from '../core/error-of.ts';
import type { Runner } from '../core/runner.ts';
import { type Millis, millis } from '../core/units.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { Plan } from '../plan/plan.ts';
import type { AcmeDirectory, AcmePlan } from '../plan/tls-plan.ts';
import { Authorities, type Given } from './authorities.ts';
import type { AcmeAuthority, AcmeProblem } from './contract.ts';
import { GatewayDesk, type DeskTools } from './gateway-desk.ts';
import type { KeptCertificates, KeptHost } from './kept-certificates.ts';
import {
  type CertificateTimes,
  type HostState,
  type Job,
  UNKNOWN_HOST,
  afterAdvice,
  afterFailure,
  afterSuccess,
  dueJobs,
  orderAt,
} from './schedule.ts';
import { mayDemand } from './demanded-hosts.ts';
import type { DemandedCertificates } from './on-demand.ts';
import { type HostKind, OrderPlaces } from './order-places.ts';
import { wantedHosts } from './wanted-hosts.ts';

/** What has become of a certificate. `detail`: for people. */
export type RenewalNews = {
  readonly kind: 'certificate_obtained' | 'certificate_renewed' | 'certificate_failed';
  readonly detail: string;
};

/** The certificates of the gateway. */
export type RenewedCertificates = Pick<DeskTools, 'setAnswer' | 'setChallenge'> & {
  readonly names: { readonly held: readonly HeldCertificate[]; readonly generation: number };
  install(host: string, certificate: Certificate): Promise<void>;
  remove(host: string): Promise<void>;
  /** What operators are told of a host. `renewal`: when its certificate is renewed, or the next try; null: nobody knows. */
  note(host: string, note: { readonly renewal: number | null; readonly problem: string | null } | null): void;
  countAdvice(outcome: AdviceOutcome): void;
};

export type RenewalTools = {
  readonly plan: () => Plan;
  readonly certificates: RenewedCertificates;
  readonly kept: KeptCertificates;
  readonly authority: (directory: AcmeDirectory) => AcmeAuthority;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  readonly every: (interval: Millis, task: () => void) => () => void;
  readonly random: () => number;
  readonly run: Runner;
  readonly rest: DeskTools['rest'];
  readonly deadline: DeskTools['deadline'];
  /** Whether the certificate of a host that a client has asked for may be renewed. */
  readonly isAllowed: (host: string) => Promise<boolean>;
  readonly tell: (news: RenewalNews) => void;
  readonly warn: (message: string, reason: string) => void;
};

const LOOK_EVERY = millis(1000);
// An authority that is out of order is not asked for all hosts, one after the other.
const PAUSE = 60_000;
// Of an authority that cannot be asked for advice: nothing is lost by it until the time that would be advised is much sooner.
const TELL_UNADVISED = 3_600_000;
// Whoever was asked may be mistaken for a while: the certificate is served as long as it lasts.
const NOT_ALLOWED: AcmeProblem = {
  message: 'acme.on_demand.ask does not allow the name any more',
  kind: 'refused',
  notBefore: null,
};

export class CertificateRenewal implements DemandedCertificates {
  private plan: Plan | null = null;
  private generation = -1;
  private acme: AcmePlan | null = null;
  private authorities: Authorities | null = null;
  private readonly states = new Map<string, HostState>();
  private readonly places = new OrderPlaces();
  /** Hosts that clients have asked for. */
  private readonly demanded: Set<string>;
  /** When people were told that an authority gives no advice, by directories. */
  private readonly toldAt = new Map<string, number>();
  /** Told when the order for a host has ended: null where its certificate is in force, otherwise when the next may follow. */
  private readonly obtaining = new Map<string, PromiseWithResolvers<number | null>>();
  private ended = new AbortController();
  private stopLooking: () => void = () => undefined;

  /** `known`: what an earlier process has left; its certificates are in force where they are wanted. */
  constructor(
    private readonly tools: RenewalTools,
    private readonly known: Map<string, KeptHost>,
  ) {
    this.demanded = new Set(Array.from(known.values()).flatMap(({ host, onDemand }) => (onDemand ? [host] : [])));
  }

  get demandedCount(): number {
    return this.demanded.size;
  }

  has(host: string): boolean {
    return this.states.has(host);
  }

  obtain(host: string, failures: number): Promise<number | null> {
    const state = this.states.get(host);
    if (state !== undefined && state.times !== null) return Promise.resolve(null);
    if (state !== undefined && state.notBefore > this.tools.wall()) return Promise.resolve(state.notBefore);
    if (state === undefined) {
      this.demanded.add(host);
      this.put(host, { ...UNKNOWN_HOST, failures });
    }
    const before = this.obtaining.get(host);
    const obtained = before ?? Promise.withResolvers<number | null>();
    this.obtaining.set(host, obtained);
    this.look();
    return obtained.promise;
  }

  private conclude(host: string, until: number | null): void {
    this.obtaining.get(host)?.resolve(until);
    this.obtaining.delete(host);
  }

  /** Begins, or goes on after `pause`. */
  resume(): void {
    this.ended = new AbortController();
    this.stopLooking = this.tools.every(LOOK_EVERY, () => this.look());
    this.look();
  }

  /** Resolves when nothing is ordered or written any more: another process may. */
  async pause(): Promise<void> {
    this.stopLooking();
    this.ended.abort();
    await this.places.rest();
  }

  private look(): void {
    this.follow();
    const { acme, authorities } = this;
    if (acme === null || authorities === null) return;
    const now = this.tools.wall();
    const due = dueJobs(this.states, now);
    const begun = this.places.free(due, (host) => this.kindOf(host), acme.maxOrders, now);
    for (const job of begun) this.begin(job, acme, authorities);
  }

  private kindOf(host: string): HostKind {
    return this.demanded.has(host) ? 'demanded' : 'declared';
  }

  private begin(job: Job, acme: AcmePlan, authorities: Authorities): void {
    const { signal } = this.ended;
    const work = job.kind === 'order' ? this.order(job.host, acme, authorities) : this.ask(job.host, authorities);
    const done = work
      .catch((error: unknown) => this.tools.warn(`the certificate of ${job.host} is not kept`, errorOf(error).message))
      .finally(() => {
        this.places.end(job.host);
        if (!signal.aborted) this.look();
      });
    this.places.begin(job.host, this.kindOf(job.host), done);
  }

  // The plan may be another one, and so may what is in force.
  private follow(): void {
    const plan = this.tools.plan();
    const { held, generation } = this.tools.certificates.names;
    if (plan === this.plan && generation === this.generation) return;
    this.plan = plan;
    this.generation = generation;
    const { acme } = plan.gateway;
    if (!isSameData(acme, this.acme)) this.goBy(acme);
    const wanted = new Set(wantedHosts(plan, held, this.tools.wall()));
    for (const host of this.demanded) if (mayDemand(plan, host)) wanted.add(host);
    for (const host of wanted) if (!this.states.has(host)) this.take(host);
    for (const host of [...this.states.keys(), ...this.known.keys()]) if (!wanted.has(host)) this.leave(host);
  }

  private goBy(acme: AcmePlan | null): void {
    const { authority, kept, deadline, wall } = this.tools;
    this.acme = acme;
    this.authorities = acme === null ? null : new Authorities(acme, { authority, kept, deadline, wall });
    this.places.pause(0);
    // What has been refused may go well now.
    for (const [host, state] of this.states) this.put(host, { ...state, failures: 0, notBefore: 0 });
  }

  private take(host: string): void {
    const kept = this.known.get(host);
    if (kept === undefined) {
      this.put(host, UNKNOWN_HOST);
      return;
    }
    const { certificate, failures, notBefore } = kept;
    const times = certificate === null ? null : timesOf(certificate);
    this.put(host, { ...UNKNOWN_HOST, times, adviceAt: this.tools.wall(), failures, notBefore });
    const isInForce = this.tools.certificates.names.held.some(({ key }) => key === certificate?.key);
    if (certificate !== null && !isInForce) void this.tools.certificates.install(host, certificate);
  }

  private leave(host: string): void {
    this.states.delete(host);
    this.tools.certificates.note(host, null);
    void this.tools.certificates.remove(host);
    this.conclude(host, this.tools.wall() + PAUSE);
  }

  // Nobody has to have it: whoever asks for it again has it ordered anew.
  private async forget(host: string): Promise<void> {
    this.demanded.delete(host);
    this.known.delete(host);
    this.leave(host);
    await this.tools.kept.removeHost(host);
  }

  private put(host: string, state: HostState, problem: string | null = null): void {
    this.states.set(host, state);
    this.tools.certificates.note(host, { renewal: orderAt(state), problem });
  }

  private async order(host: string, acme: AcmePlan, authorities: Authorities): Promise<void> {
    const replaces = this.known.get(host)?.certificate?.cert ?? null;
    if (replaces !== null && this.demanded.has(host) && !(await this.tools.isAllowed(host))) {
      this.places.giveBack();
      await this.fail(host, NOT_ALLOWED, acme);
      return;
    }
    const { signal } = this.ended;
    const failures = this.states.get(host)?.failures ?? 0;
    const { setAnswer, setChallenge } = this.tools.certificates;
    const warn = (reason: string): void => this.tools.warn('a challenge stays', reason);
    const tools = {
      ...this.tools,
      setAnswer: setAnswer.bind(this.tools.certificates),
      setChallenge: setChallenge.bind(this.tools.certificates),
      warn,
    };
    const deskFor = (until: AbortSignal): GatewayDesk => new GatewayDesk(acme, failures, until, tools);
    const given = await authorities.order({ host, replaces, deskFor, signal });
    if (given.ok) await this.succeed(host, given.value, acme);
    else if (!signal.aborted) await this.fail(host, given.error, acme);
  }

  private async succeed(host: string, given: Given, acme: AcmePlan): Promise<void> {
    const { kept, certificates, tell, wall } = this.tools;
    const certificate = await kept.certificateOf(host, given);
    if (typeof certificate === 'string') {
      await this.fail(host, { message: certificate, kind: 'other', notBefore: null }, acme);
      return;
    }
    const { directory } = given;
    const isFirst = (this.known.get(host)?.certificate ?? null) === null;
    const onDemand = this.demanded.has(host);
    await this.keep({ host, certificate: { ...certificate, directory }, failures: 0, notBefore: 0, onDemand });
    this.places.pause(0);
    // Nobody may want it any more.
    if (!this.states.has(host)) return;
    this.put(host, afterSuccess(timesOf(certificate), wall()));
    await certificates.install(host, certificate);
    const until = new Date(certificate.facts.expires).toISOString();
    const kind = isFirst ? 'certificate_obtained' : 'certificate_renewed';
    this.conclude(host, null);
    tell({ kind, detail: `${host}, from ${hostOf(directory)}, until ${until}` });
  }

  private async fail(host: string, problem: AcmeProblem, acme: AcmePlan): Promise<void> {
    const state = this.states.get(host);
    if (state === undefined) return;
    const now = this.tools.wall();
    const { retryAfter } = acme;
    if (problem.kind === 'other') {
      this.places.giveBack();
      this.places.pause(Math.max(now + Math.min(PAUSE, retryAfter), problem.notBefore ?? 0));
    }
    const next = afterFailure(state, problem, { now, retryAfter, random: this.tools.random() });
    this.put(host, next, problem.message);
    const again = new Date(next.notBefore).toISOString();
    this.tools.tell({ kind: 'certificate_failed', detail: `${host}: ${problem.message}; next try at ${again}` });
    const { failures, notBefore } = next;
    const certificate = this.known.get(host)?.certificate ?? null;
    const onDemand = this.demanded.has(host);
    this.conclude(host, notBefore);
    if (onDemand && (certificate === null || certificate.facts.expires < now)) await this.forget(host);
    else await this.keep({ host, certificate, failures, notBefore, onDemand });
  }

  // Where it cannot be written it is in force all the same.
  private async keep(host: KeptHost): Promise<void> {
    this.known.set(host.host, host);
    await this.tools.kept
      .writeHost(host)
      .catch((error: unknown) =>
        this.tools.warn(`what ACME knows of ${host.host} cannot be kept`, errorOf(error).message),
      );
  }

  private async ask(host: string, authorities: Authorities): Promise<void> {
    const certificate = this.known.get(host)?.certificate ?? null;
    if (certificate === null) return;
    const { ended, tools } = this;
    const asked = await authorities.advice(certificate.directory, certificate.cert, ended.signal);
    const state = this.states.get(host);
    if (asked.ok) tools.certificates.countAdvice(asked.value === null ? 'none' : 'given');
    else if (!ended.signal.aborted) this.unadvised(certificate.directory, asked.error.message);
    if (state !== undefined) this.put(host, afterAdvice(state, asked, { now: tools.wall(), random: tools.random() }));
  }

  // Not for each host: an authority that is away is asked about all of them.
  private unadvised(directory: string, problem: string): void {
    this.tools.certificates.countAdvice('failed');
    const now = this.tools.wall();
    if (now - (this.toldAt.get(directory) ?? 0) < TELL_UNADVISED) return;
    this.toldAt.set(directory, now);
    this.tools.warn(`${hostOf(directory)} could not be asked when certificates are best renewed`, problem);
  }
}

// Of its fingerprint: the same after a restart.
const DIGITS = 6;

function timesOf({ facts: { validFrom, expires, fingerprint } }: Certificate): CertificateTimes {
  const digits = fingerprint.replaceAll(':', '').slice(0, DIGITS);
  return { validFrom, expires, lot: Number.parseInt(digits, 16) / 16 ** DIGITS };
}

function hostOf(directory: string): string {
  return URL.canParse(directory) ? new URL(directory).host : directory;
}
