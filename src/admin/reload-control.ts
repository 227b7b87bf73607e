// Configurations as operators read, change and roll them back: what they may ask for, and what has come of it.
import type { QuarantinedTenant } from '../config/last-good.ts';
import type { Problem } from '../config/problems.ts';
import type { Operator } from '../core/observer.ts';

/** What has come of reading the configuration again. `problems`: what is wrong, or only warnings. */
export type ReloadOutcome =
  /** `would_reload`: nothing was put in force, as nobody wanted that. */
  | {
      readonly kind: 'reloaded' | 'would_reload';
      /** Names of tenants. */
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
      /** What differs, in words; bounded. */
      readonly changes: readonly string[];
      /** Tenants whose configuration is broken, and which the others do without. */
      readonly quarantined: readonly QuarantinedTenant[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  /** It could not be put in force. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A later one has taken its place, or the gateway ends. */
  | { readonly kind: 'dropped' };

/** What has come of a rollback. `version`: which one was meant; absent: there is none. */
export type RollbackOutcome = ReloadOutcome & { readonly version?: number };

/** What has come of an upgrade. */
export type UpgradeOutcome =
  | { readonly kind: 'upgraded'; readonly pid: number; readonly version: string }
  /** This process goes on. */
  | { readonly kind: 'failed'; readonly reason: string };

/** A configuration that was in force. */
export type VersionReport = {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly source: string;
  readonly operator: Operator | null;
  /** The version that it repeats; null: it came from its file. */
  readonly of: number | null;
  readonly file: string;
  readonly tenants: number;
  /** Of its tenants, those that were broken. */
  readonly quarantined: number;
  readonly changes: readonly string[];
  /** The file with its texts. */
  readonly texts: string;
};

/** The configurations that were in force, the oldest first. */
export type HistoryReport = {
  /** Where their texts are; null: none are kept. */
  readonly directory: string | null;
  /** The number of the one in force; null: it could not be kept. */
  readonly current: number | null;
  readonly versions: readonly VersionReport[];
};

/** What has become of reloads and rollbacks since the start. `lastAt`: milliseconds since 1970; null: there was none. */
export type ReloadCounts = { readonly failed: number; readonly lastHasFailed: boolean; readonly lastAt: number | null };

/** What reads configurations for a gateway. */
export type ReloadControl = {
  /** `isDry`: nothing is put in force, only told. */
  reload(cause: ReloadCause, isDry: boolean): Promise<ReloadOutcome>;
  /** Puts that version in force, or for null the latest that differs. */
  rollBack(version: number | null, by: Operator): Promise<RollbackOutcome>;
  /** Has the installed program take the place of this one. */
  upgrade(by: Operator): Promise<UpgradeOutcome>;
  history(): HistoryReport;
  reloads(): ReloadCounts;
  readonly configuration: ConfigurationControl;
  /** Why nobody can change anything here at the moment, for people; null: all can. */
  obstacle(): string | null;
};

/** Shows and changes the texts of a configuration. */
export type ConfigurationControl = {
  /** So many wait for an answer that the next one is sent away. */
  readonly isBusy: boolean;
  /** Why nothing of it can be shown or changed, for people. */
  readonly readOnly: string;
  show(): Promise<ShownConfig>;
  /** How the files on disk differ from what is in force. */
  compare(): Promise<ShownConfig>;
  /** What is wrong with texts, and what they would change. */
  check(files: readonly PostedFile[]): Promise<CheckOutcome>;
  apply(change: ConfigChange, by: Operator): Promise<ApplyOutcome>;
};

/** `body`: an object in JSON; null: the texts are not known. `tag`: the entity tag of what is in force. */
export type ShownConfig = {
  readonly tag: string | null;
  readonly version: number | null;
  readonly body: Uint8Array | null;
};

/** `file` null: the main one. */
export type PostedFile = { readonly file: string | null; readonly text: string };

export type ConfigChange = {
  readonly files: readonly PostedFile[];
  /** One of them must be that of what is in force; `*`: it may be any. */
  readonly tags: readonly string[];
  /** A file is replaced, too, that is on disk no longer what is in force. */
  readonly replaces: boolean;
};

/** Nothing can be read or written, for a reason for people. */
type Impossible = { readonly kind: 'impossible'; readonly reason: string };

export type CheckOutcome =
  | Impossible
  | (ReloadOutcome & {
      /** By files, as a unified difference has them; without secrets. */
      readonly differences: readonly { readonly file: string; readonly lines: string }[];
    });

export type ApplyOutcome =
  | Impossible
  /** Another configuration is in force than the one that was changed. */
  | { readonly kind: 'other_version'; readonly tag: string }
  /** Files are on disk no longer what is in force. */
  | { readonly kind: 'strayed'; readonly files: readonly string[] }
  | (ReloadOutcome & Partial<Pick<ShownConfig, 'tag' | 'version'>>);

/** Who wants the configuration read again: a signal, a change of its files, or an operator. */
export type ReloadCause =
  | { readonly source: 'signal' | 'watch' }
  | { readonly source: 'admin' | 'rollback'; readonly by: Operator };
