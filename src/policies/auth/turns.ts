// Work of which only so much may go on at a time. A little more may wait for its turn; the rest is told to come again.

export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /** The result of the work; null: too much is waiting already. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.running >= this.atOnce) {
      if (this.waiting.length >= this.mostWaiting) return null;
      await new Promise<void>((resolve) => void this.waiting.push(resolve));
    } else this.running++;
    try {
      return await work();
    } finally {
      // The next takes this one's place.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
