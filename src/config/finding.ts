// What a stage of reading a configuration has found wrong. `Source` turns it into a problem with file, line and column.
import type { Path } from './problems.ts';

/** How the path of a last good version that is kept begins; its name follows. */
export const KEPT = 'kept';

/** Other places of the files, for messages that mention them. */
export type Places = {
  /** `line 5`; where `seenFrom` is in another file, `line 5 of shop.yaml`. */
  placeOf(path: Path, seenFrom: Path): string;
  /** The value as the file has it; null: the file does not have it. */
  shown(path: Path): string | null;
};

export type Finding = {
  readonly path: Path;
  /** Its place in the text, if the stage knows that more exactly than the path tells. */
  readonly offset?: number;
  /** The number of the file that `path` is a path in; absent: it is one of the whole configuration. */
  readonly part?: number;
  /** The number of a file that cannot be used because of it; absent: of none. */
  readonly breaks?: number;
  /** It is about the file as a whole. */
  readonly isWhole?: true;
  /** The key is wrong, not its value. */
  readonly isKey?: boolean;
  /** Of two that contradict each other: the same, told of the other one. */
  readonly rival?: Pick<Finding, 'path' | 'message'>;
  /** Keys of which one should be there. Where one of them is there under a wrong name, this finding only follows from that. */
  readonly lacks?: readonly Path[];
  /** `{value}` stands for the value as the file has it. */
  readonly message: string;
  readonly expected?: string;
  /** What was most likely meant, made from the text of the file. */
  readonly suggest?: (text: string) => string | null;
};
