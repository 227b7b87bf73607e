// Counts in all processes what a policy does now and then, and tells of it in the log: at once, and then not too often.
import type { PolicyReport, PolicyTools } from './tools.ts';

/** Words that a tally needs. */
export const TALLY_WORDS = 2;

const EVERY_SECONDS = 10;
const COUNT = 0;
const TOLD = 1;

export class Tally {
  /** `at`: its first word. */
  constructor(
    private readonly tools: Pick<PolicyTools, 'words' | 'now' | 'report'>,
    private readonly at: number,
    private readonly line: PolicyReport,
  ) {}

  get count(): number {
    return this.tools.words.get(this.at + COUNT);
  }

  add(): void {
    const { words, now, report } = this.tools;
    const count = words.add(this.at + COUNT, 1);
    const told = words.get(this.at + TOLD);
    // 0: nothing has been told.
    const second = Math.floor(now() / 1000) + 1;
    const isDue = told === 0 || ((second - told) | 0) >= EVERY_SECONDS;
    if (isDue && words.swap(this.at + TOLD, told, second))
      report({ ...this.line, fields: { ...this.line.fields, count } });
  }
}
