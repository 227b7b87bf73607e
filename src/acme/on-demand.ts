// Gets certificates for clients that ask for names: judges each name, asks whoever allows names, and bounds how many there are. One
// process does this for all.
import { BoundedMap } from '../core/bounded-map.ts';
import { errorOf } from '../core/error-of.ts';
import { millis } from '../core/units.ts';
import type { Plan } from '../plan/plan.ts';
import type { OnDemandPlan } from '../plan/tls-plan.ts';
import type { Ask } from '../policies/tools.ts';
import { mayDemand } from './demanded-hosts.ts';

/** Who orders. */
export interface DemandedCertificates {
  /** How many there are that some client has asked for. */
  readonly demandedCount: number;
  /** It is one of those for which there is a certificate, or an order. */
  has(host: string): boolean;
  /** `failures`: orders for it that have failed before. Null: the certificate is in force; otherwise the time before which nothing is
   * ordered. */
  obtain(host: string, failures: number): Promise<number | null>;
}

export type OnDemandTools = {
  readonly plan: () => Plan;
  readonly certificates: DemandedCertificates;
  readonly ask: Ask;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  readonly warn: (message: string, reason: string) => void;
};

type Refusal = { readonly until: number; readonly failures: number };

const MINUTE = 60_000;
const MOST_REFUSALS = 10_000;
// Whoever is asked must not get thousands of questions at a time.
const MOST_ASKED = 16;
const LARGEST_ANSWER = 64 * 1024;
const SOON = 1000;
// Nobody has said that the name is not allowed.
const UNANSWERED = 10_000;

export class OnDemand {
  private readonly running = new Map<string, Promise<number | null>>();
  private readonly refusals = new BoundedMap<string, Refusal>(MOST_REFUSALS);
  /** When orders for new names were begun, in the last minute. */
  private begun: readonly number[] = [];
  private asked = 0;
  /** When each message was told last. */
  private readonly warned = new Map<string, number>();

  constructor(private readonly tools: OnDemandTools) {}

  /** Null: its certificate is in force; otherwise the time before which there is none, in milliseconds since 1970. */
  get(name: string): Promise<number | null> {
    const before = this.running.get(name);
    if (before !== undefined) return before;
    const work = this.decide(name).finally(() => this.running.delete(name));
    this.running.set(name, work);
    return work;
  }

  /** Whether a certificate that some client has asked for may be renewed. Where nobody answers, it is. */
  async isAllowed(name: string): Promise<boolean> {
    const settings = this.settings;
    return (
      settings !== null && (settings.ask === null || (await this.answerFor(name, settings, settings.ask)) !== 'no')
    );
  }

  private get settings(): OnDemandPlan | null {
    return this.tools.plan().gateway.acme?.onDemand ?? null;
  }

  private async decide(name: string): Promise<number | null> {
    const { certificates, plan, wall } = this.tools;
    const { settings } = this;
    if (settings === null) return wall() + MINUTE;
    if (certificates.has(name)) return await this.obtain(name);
    const refusal = this.refusals.get(name);
    if (refusal !== undefined && refusal.until > wall()) return refusal.until;
    if (!mayDemand(plan(), name)) return wall() + settings.refusedFor;
    return this.obstacle(settings) ?? (await this.askAbout(name, settings)) ?? (await this.obtain(name));
  }

  // Null: one more may be ordered.
  private obstacle({ maxNames, namesPerMinute }: OnDemandPlan): number | null {
    const now = this.tools.wall();
    if (this.tools.certificates.demandedCount >= maxNames) {
      this.warn('clients ask for more certificates than there may be', `acme.on_demand.max_names is ${maxNames}`);
      return now + MINUTE;
    }
    this.begun = this.begun.filter((time) => time > now - MINUTE);
    const oldest = this.begun[this.begun.length - namesPerMinute];
    if (oldest === undefined) return null;
    this.warn('clients ask for many new names', `acme.on_demand.names_per_minute is ${namesPerMinute}`);
    return oldest + MINUTE;
  }

  private async askAbout(name: string, settings: OnDemandPlan): Promise<number | null> {
    const { wall } = this.tools;
    if (settings.ask === null) return null;
    if (this.asked >= MOST_ASKED) return wall() + SOON;
    const answer = await this.answerFor(name, settings, settings.ask);
    if (answer === 'unknown') return wall() + UNANSWERED;
    // Others may have been let in meanwhile.
    return answer === 'yes' ? this.obstacle(settings) : this.refuse(name, wall() + settings.refusedFor, 0);
  }

  private async answerFor(
    name: string,
    { askTimeout }: OnDemandPlan,
    address: string,
  ): Promise<'yes' | 'no' | 'unknown'> {
    const url = new URL(address);
    url.searchParams.set('domain', name);
    this.asked++;
    const question = { method: 'GET', url: url.href, headers: [], body: null, largest: LARGEST_ANSWER };
    const answer = await this.tools.ask({ ...question, timeout: millis(askTimeout) });
    this.asked--;
    if (answer.ok) return answer.value.status === 200 ? 'yes' : 'no';
    this.warn('whether clients may have certificates is not known', `${url.host}: ${answer.error}`);
    return 'unknown';
  }

  private async obtain(name: string): Promise<number | null> {
    const { certificates, wall } = this.tools;
    const failures = this.refusals.get(name)?.failures ?? 0;
    if (!certificates.has(name)) this.begun = [...this.begun, wall()];
    try {
      const until = await certificates.obtain(name, failures);
      if (until !== null) return this.refuse(name, until, failures + 1);
      this.refusals.delete(name);
      return null;
    } catch (error) {
      this.warn('a certificate could not be got', errorOf(error).message);
      return wall() + MINUTE;
    }
  }

  private refuse(name: string, until: number, failures: number): number {
    this.refusals.set(name, { until, failures });
    return until;
  }

  // Strangers cause these: each kind is told once a minute.
  private warn(message: string, reason: string): void {
    const now = this.tools.wall();
    if (now - (this.warned.get(message) ?? 0) < MINUTE) return;
    this.warned.set(message, now);
    this.tools.warn(message, reason);
  }
}
