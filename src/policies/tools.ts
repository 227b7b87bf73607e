// What a policy is made with: what it may use of the gateway, and of the outside.
import type { MemoryBudget } from '../core/memory-budget.ts';
import type { PlaceBounds, Stay } from '../core/place-lines.ts';
import type { Result } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import type { WorkTurns } from '../core/work-turns.ts';

/** What a policy is made with. */
export type PolicyTools = {
  /** Its name. */
  readonly tenant: string;
  readonly words: PolicyWords;
  readonly places: PolicyPlaces;
  /** Monotonic. */
  readonly now: () => Millis;
  /** Milliseconds since 1970 (UTC). */
  readonly wallTime: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** The same in all processes, a new one at each start, and known to nobody else. */
  readonly secret: string;
  /** Calls back once. Returns what cancels it. */
  readonly after: (delay: Millis, call: () => void) => () => void;
  /** Asks a server that is no backend of the tenant. */
  readonly ask: Ask;
  readonly hosts: HostLookup;
  /** One line for the log and the events of the tenant: what has happened, not who asked for what. */
  readonly report: (line: PolicyReport) => void;
  /** What one process finds out for all. */
  readonly common: CommonValue;
  /** For work that takes more than some microseconds. */
  readonly turns: WorkTurns;
  /** Where answers are kept. */
  readonly memory: MemoryBudget;
};

export type PolicyReport = {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
};

/** A value that one process has found out for all processes, such as keys that were fetched. Null: none has come yet. */
export interface CommonValue {
  readonly value: string | null;
  /** This process finds it out. Otherwise it only hears of it. */
  readonly isOurs: boolean;
  /** Tells all processes. */
  publish(value: string): void;
  /** Calls back whenever another value has come, also by `publish`. */
  subscribe(call: (value: string) => void): void;
  /** Asks the process that finds it out to do so again, for a reason that it can tell by; there `wanted` calls back. */
  want(reason: string): void;
  wanted(call: (reason: string) => void): void;
}

export type AskedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
  /** For all of it. */
  readonly timeout: Millis;
  /** Longer answers fail, in bytes. */
  readonly largest: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** It may be asked twice, whatever its method: on a kept connection, too, which may just be ending. */
  readonly mayRepeat?: boolean;
};

export type AskedResponse = {
  readonly status: number;
  /** Names in lower case; several fields of one name stand apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
};

/** Asks DNS. Null: nobody has answered in time; what does not exist is an empty list. */
export interface HostLookup {
  /** What whoever has that address calls its hosts. */
  namesOf(address: string): Promise<readonly string[] | null>;
  /** The addresses of a complete name, of the kind of that one. */
  addressesOf(name: string, kind: string): Promise<readonly string[] | null>;
}

/** Follows no redirects and undoes no codings. The error is one line for people. */
export type Ask = (request: AskedRequest) => Promise<Result<AskedResponse, string>>;

/** Numbers of 32 bits, at first 0. All processes that serve the tenant use the same ones. */
export interface PolicyWords {
  get(word: number): number;
  set(word: number, value: number): void;
  /** Returns the sum. */
  add(word: number, by: number): number;
  /** True: it was `expected`, and is `value` now. */
  swap(word: number, expected: number, value: number): boolean;
}

/** Places that keys hold, such as a client with its requests. All processes that serve the tenant count together, and what a
 * process holds that ends is free again. */
export interface PolicyPlaces {
  /** Somebody comes who wants one of the places of that key. Whoever enters must leave. */
  enter(key: string, bounds: PlaceBounds): Stay;
}
