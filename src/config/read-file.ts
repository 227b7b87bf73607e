// Reads files of limited size, and says for people why one cannot be read.
import { type Result, err, ok } from '../core/result.ts';
import { type Bytes, formatSize } from '../core/units.ts';

/** Reads a file, or rejects with the system's error and its `code`. May stop after `limit` + 1 bytes. */
export type ReadFile = (path: string, limit: Bytes) => Promise<Uint8Array>;

/** The error is what is wrong with the file, as it follows its name. */
export async function readLimited(file: string, limit: Bytes, readFile: ReadFile): Promise<Result<Uint8Array, string>> {
  try {
    const content = await readFile(file, limit);
    return content.length > limit ? err(`is larger than ${formatSize(limit)}`) : ok(content);
  } catch (cause) {
    return err(explainFailure(cause));
  }
}

const IS_NO_FILE = 'is a pipe, a socket or a device, but must be a file';

/** What is said of a file that is not there. */
export const IS_MISSING = 'does not exist';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: IS_MISSING,
  ENOTDIR: 'does not exist: a part of its path is not a directory',
  EISDIR: 'is a directory',
  NO_FILE: IS_NO_FILE,
  TOO_SLOW: 'cannot be read: its file system has not answered in time',
  ENXIO: IS_NO_FILE, // opening a socket
  ENODEV: IS_NO_FILE,
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  ELOOP: 'cannot be read: its symbolic links go in a circle',
  ENAMETOOLONG: 'cannot be read: the name is too long',
  EMFILE: 'cannot be read: too many files are open',
};

export function explainFailure(cause: unknown): string {
  const code = codeOf(cause);
  return REASONS[code] ?? `cannot be read${code === '' ? '' : ` (${code})`}`;
}

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
