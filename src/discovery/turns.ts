// Gives turns for a bounded number of questions at a time, fairly among those who ask: a tenant whose names hang keeps its
// own questions waiting, and nobody else's.

export type TurnLimits = {
  /** Of all askers together. */
  readonly all: number;
  /** Of one asker. */
  readonly each: number;
};

/** A question that waits. It may wait on behalf of several askers, and is asked as soon as one of them has a turn. */
export class Ticket {
  isOver = false;

  constructor(readonly granted: (give: () => void) => void) {}
}

type Asker = { running: number; readonly waiting: Ticket[] };

/** Owns the turns. */
export class Turns {
  private readonly askers = new Map<string, Asker>();
  /** Those that wait and may ask, in the order of their turns. */
  private readonly ready = new Set<string>();
  private running = 0;

  constructor(private readonly limits: TurnLimits) {}

  /** Puts a ticket in the line of one asker. */
  wait(ticket: Ticket, name: string): void {
    const asker = this.askers.get(name) ?? { running: 0, waiting: [] };
    this.askers.set(name, asker);
    asker.waiting.push(ticket);
    this.settle(name, asker);
    this.serve();
  }

  private serve(): void {
    for (const name of this.ready) {
      if (this.running >= this.limits.all) return;
      const asker = this.askers.get(name);
      const ticket = asker?.waiting.shift();
      // Taken out and put back at the end, so that all come in turn.
      this.ready.delete(name);
      if (asker === undefined || ticket === undefined) continue;
      if (!ticket.isOver) this.grant(ticket, name, asker);
      this.settle(name, asker);
    }
  }

  private grant(ticket: Ticket, name: string, asker: Asker): void {
    ticket.isOver = true;
    this.running++;
    asker.running++;
    ticket.granted(() => {
      this.running--;
      asker.running--;
      this.settle(name, asker);
      this.serve();
    });
  }

  private settle(name: string, asker: Asker): void {
    if (asker.waiting.length > 0 && asker.running < this.limits.each) this.ready.add(name);
    else this.ready.delete(name);
    if (asker.waiting.length === 0 && asker.running === 0 && this.askers.get(name) === asker) this.askers.delete(name);
  }
}
