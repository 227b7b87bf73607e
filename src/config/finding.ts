// A problem before it has a place: the stages report these, and the source turns them into problems.
import type { Path } from './problems.ts';

/** What a message may say about other places of the file. */
export type Places = {
  lineOf(path: Path): number;
  /** The value as the file has it; null: it is not there. */
  shown(path: Path): string | null;
};

export type Finding = {
  readonly path: Path;
  /** Where it is in the text, if the stage knows better than the path tells. */
  readonly offset?: number;
  /** The key is wrong, not its value. */
  readonly isKey?: boolean;
  /** `{value}` stands for the value as the file has it. */
  readonly message: string;
  readonly expected?: string;
  /** What was most likely meant, made from the text of the file. */
  readonly suggest?: (text: string) => string | null;
};
