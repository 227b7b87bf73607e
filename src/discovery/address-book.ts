// What is known of hosts that are named, for whoever connects to them: their addresses, as they were last resolved. Nobody
// who connects waits for a question.
import type { Clock } from '../core/clock.ts';
import { type Millis, millis } from '../core/units.ts';
import type { HostSpec } from './contract.ts';
import type { Names } from './names.ts';

// An address that could not be reached is tried after the others for so long.
const SPARED = millis(10_000);

/** How the addresses of a host have changed. */
export type AddressChange = {
  /** There are addresses that were not there before. */
  readonly hasNew: boolean;
  /** Addresses that were there before are not any more. */
  readonly hasLost: boolean;
};

/** As connections see it. */
export interface Addresses {
  /** In the order in which they are to be tried; null: the name has never been resolved. Each call begins with another
   * one of those that are equally good. */
  inTurn(name: string): readonly string[] | null;
  /** What is known now, in no order. */
  known(name: string): readonly string[];
  /** Why a name has no addresses, for people; null: it has, or is not looked after here. */
  problem(name: string): string | null;
  /** The addresses may be out of date: nobody answers there. */
  doubt(name: string): void;
  reached(name: string, address: string): void;
  unreachable(name: string, address: string): void;
}

type Entry = {
  /** One for each who keeps the name; the latest counts. */
  readonly specs: HostSpec[];
  turn: number;
  /** By address: when it could not be reached. */
  readonly failedAt: Map<string, Millis>;
};

export class AddressBook implements Addresses {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly discovery: Names,
    private readonly clock: Clock,
  ) {}

  /** Has the addresses of a host ready on behalf of `asker`, a tenant, until the returned function is called. */
  keep(spec: HostSpec, asker: string, changed: (change: AddressChange) => void): () => void {
    const entry = this.entries.get(spec.name) ?? { specs: [], turn: 0, failedAt: new Map<string, Millis>() };
    this.entries.set(spec.name, entry);
    let before: readonly string[] = [];
    const leave = this.discovery.subscribe(spec, asker, (endpoints) => {
      const now = endpoints.map(({ hostname }) => hostname);
      const change = {
        hasNew: now.some((address) => !before.includes(address)),
        hasLost: before.some((address) => !now.includes(address)),
      };
      before = now;
      for (const address of entry.failedAt.keys()) if (!now.includes(address)) entry.failedAt.delete(address);
      changed(change);
    });
    entry.specs.push(spec);
    before = this.known(spec.name);
    return () => {
      leave();
      entry.specs.splice(entry.specs.indexOf(spec), 1);
      if (entry.specs.length === 0 && this.entries.get(spec.name) === entry) this.entries.delete(spec.name);
    };
  }

  inTurn(name: string): readonly string[] | null {
    const entry = this.entries.get(name);
    const spec = entry?.specs.at(-1);
    const endpoints = spec === undefined ? null : this.discovery.current(spec);
    if (entry === undefined || endpoints === null) return null;
    const first = endpoints.filter(({ priority }) => priority === 0).map(({ hostname }) => hostname);
    const others = endpoints.filter(({ priority }) => priority !== 0).map(({ hostname }) => hostname);
    const ordered = [...rotated(first, entry.turn), ...rotated(others, entry.turn)];
    entry.turn++;
    const since = this.clock.now() - SPARED;
    const isSpared = (address: string): boolean => (entry.failedAt.get(address) ?? since) > since;
    return [...ordered.filter((address) => !isSpared(address)), ...ordered.filter(isSpared)];
  }

  known(name: string): readonly string[] {
    const spec = this.entries.get(name)?.specs.at(-1);
    return (spec === undefined ? null : this.discovery.current(spec))?.map(({ hostname }) => hostname) ?? [];
  }

  problem(name: string): string | null {
    const spec = this.entries.get(name)?.specs.at(-1);
    if (spec === undefined || this.discovery.current(spec) !== null) return null;
    return this.discovery.status(spec)?.detail ?? 'no answer yet';
  }

  doubt(name: string): void {
    const spec = this.entries.get(name)?.specs.at(-1);
    if (spec !== undefined) this.discovery.doubt(spec);
  }

  reached(name: string, address: string): void {
    this.entries.get(name)?.failedAt.delete(address);
  }

  unreachable(name: string, address: string): void {
    this.entries.get(name)?.failedAt.set(address, this.clock.now());
    this.doubt(name);
  }
}

function rotated(list: readonly string[], turn: number): readonly string[] {
  const at = list.length === 0 ? 0 : turn % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
