// What reading a configuration needs of the outside.
import type { Result } from '../core/result.ts';
import type { ReadFile } from './read-file.ts';

/** Files that a glob may mean. */
export type FoundFiles = {
  /** In the order of their names. */
  readonly files: readonly string[];
  /** More match than were wanted. */
  readonly isCutShort: boolean;
};

/** The files that a configuration is made of, and those that it names. */
export type ConfigFiles = {
  readonly readFile: ReadFile;
  /** Reads the files of the configuration itself, not those that it names; absent: like any other. */
  readonly readConfig?: ReadFile;
  /** Finds what a glob matches, up to a number of files. Rejects where a directory cannot be read. */
  readonly findFiles: (glob: string, most: number) => Promise<FoundFiles>;
  /** Whether every user of the machine may read a file; absent: nobody asks. */
  readonly isOpenToAll?: (path: string) => Promise<boolean>;
  /** Whether there is no folder that a file could be made in; absent: nobody asks. */
  readonly lacksFolder?: (path: string) => Promise<boolean>;
  /** Runs a program, and returns what it exports. */
  readonly runModule: (file: string) => Promise<MadeConfig>;
};

/** What a program has made. */
export type MadeConfig = {
  /** Its export as JSON. */
  readonly made: Result<string, ModuleFault>;
  /** The files that it was loaded from. */
  readonly files: readonly string[];
};

/** Why a program gives no configuration. */
export type ModuleFault = {
  /** From 1; null: nobody knows where. */
  readonly at: { readonly line: number; readonly column: number } | null;
  /** Where in the exported value; empty: it is about all of it. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly expected?: string;
};
