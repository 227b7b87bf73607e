// Processes that serve what this one decides, as the parts of this one see them.
import type { HandedCertificates, OpenChallenges } from '../certificates/contract.ts';
import type { Result } from '../core/result.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { HandedSocket } from '../core/kernel-sockets.ts';
import type { Millis } from '../core/units.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { ServedAddress } from '../listen/listeners.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { TellTrouble } from '../observe/common-trouble.ts';
import type { LiveBoard } from '../observe/live/live-board.ts';
import type { RequestFilter } from '../observe/live/request-filter.ts';
import type { TopBoard } from '../observe/top/top-board.ts';
import type { TopWanted } from '../observe/top/top-tap.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { SlotTable } from '../pools/slot-table.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { Standing } from '../standing/standing.ts';
import type { Difference } from '../plan/difference.ts';
import type { FailedRequest } from '../forward/exchange-tools.ts';
import type { Ground } from './serving.ts';
import type { PreparedPart } from './two-phases.ts';

export type LimitedRequest = Pick<FailedRequest, 'tenant' | 'why'>;

/** What is new of certificates while a plan is in force. */
export type CertificateNews =
  | { readonly kind: 'certificates'; readonly handed: HandedCertificates }
  | { readonly kind: 'challenges'; readonly open: OpenChallenges }
  /** No certificate is to be had for that name before that time, in milliseconds since 1970. */
  | { readonly kind: 'refused'; readonly name: string; readonly until: number };

/** What followers report to. */
export type Attached = {
  readonly standing: Standing<BackendPlan>;
  readonly slots: SlotTable;
  readonly recorder: Recorder;
  readonly live: LiveBoard;
  readonly top: TopBoard;
  /** The level of the log that an operator has set; null: nobody has. */
  readonly logLevel: () => LogLevel | null;
  /** A limit has kept a request of a tenant out. */
  readonly limitReached: (limited: LimitedRequest) => void;
  /** Hears of what all processes suffer alike. */
  readonly trouble: TellTrouble;
  /** Gets a certificate for a name that a client has asked for. Null: it is in force everywhere; otherwise the time before which none
   * is to be had. */
  readonly certify: (name: string) => Promise<number | null>;
  /** The admin API, as it answers on the listeners of clients. */
  readonly admin: LocalHandler;
};

export type Followers = {
  readonly ground: Ground;
  /** Each slot has been served at least once. */
  readonly isServing: boolean;
  /** Where they listen. */
  readonly addresses: readonly ServedAddress[];
  /** The sockets that they listen on, for another process. */
  readonly sockets: readonly HandedSocket[];
  /** The connections of their listeners. */
  readonly doors: () => readonly DoorReport[];
  /** How often another process has begun to serve in the place of one that has ended, by slots. */
  readonly restarts: () => readonly number[];
  /** Tells them of changes as well. */
  tellToo(own: StandingEvents, standing: () => Standing<BackendPlan>): StandingEvents;
  /** They tell of requests that fit any of these from here on. */
  watchRequests(filters: readonly RequestFilter[]): void;
  /** They count this from here on. */
  countTop(wanted: TopWanted): void;
  /** From here on they report. */
  attach(attached: Attached): void;
  /** Has all of them prepare a plan; `certificates`: what they are to show to clients. Where one cannot, none does, and the error
   * is one line for people. */
  prepare(plan: Plan, change: Difference, certificates: HandedCertificates): Promise<Result<PreparedPart, string>>;
  /** Their logs go by that level; null: by that of the plan. */
  setLogLevel(level: LogLevel | null): void;
  /** They open the files of logs anew. */
  reopenLogs(): void;
  /** Resolves when all go by it. */
  tellCertificates(news: CertificateNews): Promise<void>;
  /** Resolves when all that serve go by what they have been told so far, and have told what they have counted; at the latest
   * after a moment. */
  caughtUp(): Promise<void>;
  /** They accept no more, and end when what they have begun has ended, within the time that the plan gives. `handsOver`: within
   * that time, since others listen on their sockets. */
  retire(plan: Plan, handsOver: Millis | null): Promise<{ readonly finished: number; readonly cut: number }>;
  /** Ends them at once. */
  stop(): void;
};
