// What became of the connections to each address, in all workers: those that have ended, too.
import type { DoorReport } from '../listen/door-counts.ts';

export class DoorBook<Worker> {
  private readonly present = new Map<Worker, readonly DoorReport[]>();
  /** What was counted by workers that have ended or listen there no more. */
  private past: readonly DoorReport[] = [];

  /** Those of a worker at present. */
  told(worker: Worker, doors: readonly DoorReport[]): void {
    const addresses = new Set(doors.map(({ address }) => address));
    const before = this.present.get(worker) ?? [];
    this.keep(before.filter(({ address }) => !addresses.has(address)));
    this.present.set(worker, doors);
  }

  ended(worker: Worker): void {
    this.keep(this.present.get(worker) ?? []);
    this.present.delete(worker);
  }

  private keep(doors: readonly DoorReport[]): void {
    if (doors.length > 0) this.past = added([...this.past, ...doors.map(closed)]);
  }

  /** Another plan is in force: an address where nobody listens any more begins anew should it come back. */
  forgetAbsent(): void {
    this.past = this.ofPresent();
  }

  /** One for each address where somebody listens. */
  get reports(): readonly DoorReport[] {
    return added([...Array.from(this.present.values()).flat(), ...this.ofPresent()]);
  }

  private ofPresent(): readonly DoorReport[] {
    const addresses = new Set(
      Array.from(this.present.values()).flatMap((doors) => doors.map(({ address }) => address)),
    );
    return this.past.filter(({ address }) => addresses.has(address));
  }
}

/** Those of one address are one. */
function added(all: readonly DoorReport[]): readonly DoorReport[] {
  const byAddress = new Map<string, DoorReport>();
  for (const door of all) {
    const known = byAddress.get(door.address);
    byAddress.set(door.address, known === undefined ? door : sumOf(known, door));
  }
  return [...byAddress.values()];
}

function closed(door: DoorReport): DoorReport {
  return { ...door, open: 0, handshaking: 0 };
}

function sumOf(one: DoorReport, other: DoorReport): DoorReport {
  const names = Object.keys(one.counts).filter((name): name is keyof DoorReport['counts'] => name in one.counts);
  const counts = { ...one.counts };
  for (const name of names) counts[name] = one.counts[name] + other.counts[name];
  return { ...one, open: one.open + other.open, handshaking: one.handshaking + other.handshaking, counts };
}
