// What the supervisor and its workers tell each other: messages in order, none of them on a request's way.
import type { Certified, HandedCertificates } from '../certificates/contract.ts';
import type { Room, Slot, Turn } from '../core/cells.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { Millis } from '../core/units.ts';
import type { DiscoverySpec } from '../discovery/contract.ts';
import type { NameNews } from '../discovery/names.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { SentRequest } from '../message/request-view.ts';
import type { Trouble } from '../observe/common-trouble.ts';
import type { Taken } from '../observe/live/live-tap.ts';
import type { RequestFilter } from '../observe/live/request-filter.ts';
import type { CountedTop, TopWanted } from '../observe/top/top-tap.ts';
import type { RecentRequest } from '../observe/recent-requests.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { PlanPart } from '../plan/parts.ts';
import type { Places } from '../plan/wanted-addresses.ts';
import type { CertificateNews, LimitedRequest } from '../runtime/followers.ts';
import type { Secrets } from '../runtime/serving.ts';
import type { Ineligibility } from '../standing/eligibility.ts';
import type { OutlierCause } from '../standing/outlier.ts';
import type { SentAddress } from './sent-sockets.ts';
import type { Witness } from '../standing/witness.ts';

/** What a worker begins with. */
export type Beginning = {
  /** What the shared memory was laid out for. */
  readonly room: Room;
  /** How many places it has for processes. */
  readonly processes: number;
  /** Its part of what all have together. */
  readonly turn: Turn;
  readonly secrets: Secrets;
  /** The slot of a backend that gets no requests. */
  readonly nowhere: Slot;
  readonly places: Places;
};

/** The descriptor that a worker is started with: one end of a pair of sockets, by which all others come. */
export const MAIL = 3;

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

export type SlotNews = PoolName & { readonly identity: string; readonly slot: Slot };

/** What one worker has seen of backends. */
export type Evidence =
  | { readonly kind: 'met'; readonly slot: Slot; readonly why: Pick<Failure, 'code' | 'reason'> }
  | { readonly kind: 'failed'; readonly slot: Slot; readonly code: FailureCode; readonly witness: Witness }
  | { readonly kind: 'answeredBadly'; readonly slot: Slot; readonly cause: OutlierCause; readonly witness: Witness }
  | { readonly kind: 'trialPassed' | 'fellSilent' | 'liftTrial' | 'emptied'; readonly slot: Slot };

/** `reopen`: their files were moved away. `level` null: the log goes by the level of the plan. */
export type LogOrder = 'reopen' | { readonly level: LogLevel | null };

export type ToWorker =
  /** The descriptors of the shared memory and of a plan have been sent before. */
  | ({ readonly kind: 'begin' } & Beginning)
  /** A part of another plan; the first one begins it. When all have come, `assemble` or `prepare` says what to do with it. */
  | { readonly kind: 'part'; readonly part: PlanPart }
  /** Puts the first plan to work. `seats`: the slots of its backends, in its order. */
  | { readonly kind: 'assemble'; readonly certified: Certified; readonly seats: Int32Array }
  /** `sockets`: of new addresses, sent before. */
  | { readonly kind: 'prepare'; readonly sockets: readonly SentAddress[]; readonly certificates: HandedCertificates }
  /** The files of certificates have changed, or what shows authorities that hosts are the gateway's. */
  | { readonly kind: 'certified'; readonly news: CertificateNews }
  | { readonly kind: 'commit' }
  | { readonly kind: 'logs'; readonly order: LogOrder }
  | { readonly kind: 'drop' }
  /** Serve clients: sit at that place, and listen on the sockets that have been sent before. */
  | { readonly kind: 'listen'; readonly place: number; readonly sockets: readonly SentAddress[] }
  /** Accept no more; connections go on. */
  | { readonly kind: 'unlisten' }
  /** It is spare: it has time to get ready for whoever comes. */
  | { readonly kind: 'rehearse' }
  | { readonly kind: 'news'; readonly news: News }
  /** Answer when all that was told before is in force, after what there is to report. */
  | { readonly kind: 'fence' }
  | { readonly kind: 'answer'; readonly id: number; readonly response: LocalResponse }
  /** Others have freed a place that requests wait for here. */
  | { readonly kind: 'wake'; readonly slot: Slot }
  /** Somebody watches requests that fit any of these; empty: nobody does. */
  | { readonly kind: 'watch'; readonly filters: readonly RequestFilter[] }
  /** People look at what is busiest of this. */
  | { readonly kind: 'count'; readonly wanted: TopWanted }
  /** What a policy has found out for all. */
  | { readonly kind: 'common'; readonly key: string; readonly value: string }
  /** Accept no more, and end when what is in flight has ended. */
  | {
      readonly kind: 'retire';
      /** Others listen on the same sockets: there is that much time. Null: as much as the plan gives. */
      readonly handsOver: Millis | null;
    }
  /** End at once: what has begun is cut. */
  | { readonly kind: 'cut' };

export type ToSupervisor =
  /** The program is loaded. */
  | { readonly kind: 'loaded' }
  /** `problem` null: the first plan is in force. */
  | { readonly kind: 'ready'; readonly problem: string | null }
  | { readonly kind: 'listening'; readonly problem: string | null }
  /** `problem` null: everything is made; commit or drop. */
  | { readonly kind: 'prepared'; readonly problem: string | null }
  | { readonly kind: 'committed'; readonly problem: string | null }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'retired'; readonly finished: number; readonly cut: number }
  | { readonly kind: 'evidence'; readonly list: readonly Evidence[] }
  | { readonly kind: 'limit'; readonly limit: LimitedRequest }
  /** What all processes suffer alike. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** Somebody could not connect to a name. */
  | { readonly kind: 'doubt'; readonly spec: DiscoverySpec }
  /** What has been found out with that key? Answered only if anything has. */
  | { readonly kind: 'common'; readonly key: string }
  /** A policy wants it found out again. */
  | { readonly kind: 'want'; readonly key: string; readonly reason: string }
  /** A client has asked for a name that there is no certificate for. */
  | { readonly kind: 'certify'; readonly name: string }
  /** A request for the admin API has come to a listener of clients. */
  | { readonly kind: 'ask'; readonly id: number; readonly request: SentRequest }
  | { readonly kind: 'wake'; readonly place: number; readonly slot: Slot }
  /** The connections of its listeners; told once a second where they have changed. */
  | { readonly kind: 'doors'; readonly doors: readonly DoorReport[] }
  /** Requests for people who watch; told four times a second where there are any. */
  | { readonly kind: 'live'; readonly taken: Taken }
  /** What is busiest; told once a second where there is any. */
  | { readonly kind: 'counted'; readonly counted: readonly CountedTop[] }
  /** A sample of requests, told once a second where there are any. */
  | { readonly kind: 'recent'; readonly requests: readonly RecentRequest[] };

/** Those that answer a message of the supervisor. */
export type Reply = Extract<ToSupervisor, { readonly kind: ReplyKind }>;
export type ReplyKind = 'loaded' | 'ready' | 'listening' | 'prepared' | 'committed' | 'fenced' | 'retired';
