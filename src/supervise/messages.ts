// What the supervisor and its workers tell each other: messages in order, none of them on a request's way.
import type { Slot } from '../core/cells.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { DiscoverySpec } from '../discovery/contract.ts';
import type { NameNews } from '../discovery/names.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { SentRequest } from '../message/request-view.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { PlanPart } from '../plan/parts.ts';
import type { Secrets } from '../runtime/serving.ts';
import type { Ineligibility } from '../standing/eligibility.ts';
import type { OutlierCause } from '../standing/outlier.ts';
import type { Witness } from '../standing/witness.ts';

/** What a worker begins with. */
export type Beginning = {
  /** Its column in the shared memory. */
  readonly column: number;
  readonly secrets: Secrets;
};

/** What the owner of standing and names has to tell. Carried out in the order of these lists: a name may lead to backends
 * whose slots come with it. */
export type News = {
  /** Where backends have their records from here on. */
  readonly slots: readonly SlotNews[];
  /** Backends whose words have changed; `why` null: nothing keeps requests away. */
  readonly changed: readonly { readonly slot: Slot; readonly why: Ineligibility | null }[];
  readonly names: readonly NameNews[];
  readonly doubted: readonly Slot[];
  readonly cut: readonly { readonly slot: Slot; readonly why: Failure }[];
};

export type SlotNews = { readonly tenant: string; readonly identity: string; readonly slot: Slot };

/** What one worker has seen of backends. */
export type Evidence =
  | { readonly kind: 'met'; readonly slot: Slot; readonly why: Pick<Failure, 'code' | 'reason'> }
  | { readonly kind: 'failed'; readonly slot: Slot; readonly code: FailureCode; readonly witness: Witness }
  | { readonly kind: 'answeredBadly'; readonly slot: Slot; readonly cause: OutlierCause; readonly witness: Witness }
  | { readonly kind: 'trialPassed' | 'fellSilent' | 'liftTrial' | 'emptied' | 'settle'; readonly slot: Slot };

/** A limit has kept a request of a tenant out. */
export type LimitNews = { readonly tenant: string; readonly why: Failure };

export type ToWorker =
  | ({ readonly kind: 'begin' } & Beginning)
  /** A part of a plan. When all have come, `prepare` or, for the first plan, `assemble` says what to do with it. */
  | { readonly kind: 'part'; readonly part: PlanPart }
  | { readonly kind: 'assemble' }
  | { readonly kind: 'prepare'; readonly number: number }
  | { readonly kind: 'commit'; readonly number: number }
  | { readonly kind: 'drop'; readonly number: number }
  /** Serve this slot's clients. */
  | { readonly kind: 'listen'; readonly slot: number }
  | ({ readonly kind: 'news' } & News)
  /** Answer when all that was told before is in force. */
  | { readonly kind: 'fence'; readonly number: number }
  | { readonly kind: 'answer'; readonly id: number; readonly response: LocalResponse }
  /** Others have freed a place that requests wait for here. */
  | { readonly kind: 'wake'; readonly slots: readonly Slot[] }
  /** Accept no more; end when what is in flight has ended, or after so many milliseconds. */
  | { readonly kind: 'retire'; readonly within: number };

export type ToSupervisor =
  /** The program is loaded. */
  | { readonly kind: 'loaded' }
  /** The first plan is in force. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly slot: number; readonly problem: string | null }
  /** `problem` null: everything is made; commit or drop. */
  | { readonly kind: 'prepared'; readonly number: number; readonly problem: string | null }
  | { readonly kind: 'committed'; readonly number: number }
  | { readonly kind: 'evidence'; readonly list: readonly Evidence[] }
  | { readonly kind: 'limits'; readonly list: readonly LimitNews[] }
  /** Names that somebody could not connect to. */
  | { readonly kind: 'doubt'; readonly specs: readonly DiscoverySpec[] }
  | { readonly kind: 'fenced'; readonly number: number }
  /** A request for the admin API has come to a listener of clients. */
  | { readonly kind: 'ask'; readonly id: number; readonly request: SentRequest }
  | { readonly kind: 'wake'; readonly worker: number; readonly slots: readonly Slot[] }
  | { readonly kind: 'state'; readonly state: WorkerState }
  | { readonly kind: 'retired'; readonly finished: number; readonly cut: number };

/** How a worker is doing; told once a second where it has changed. */
export type WorkerState = {
  readonly doors: readonly DoorReport[];
  /** Exchanges that only another attempt has saved. */
  readonly saved: number;
  /** Exchanges that are over. */
  readonly ended: number;
};
