// Opens the file of the past. One that cannot be used (damaged, of another version, in use by somebody else) is set aside, and
// another begun: the past is worth something, but never as much as a gateway that runs.
import { Database, SQLiteError } from 'bun:sqlite';
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { errorOf } from '../../core/error-of.ts';

/** Marks the file as one of ours: "KEYS". */
const APPLICATION = 0x4b455953;
const VERSION = 1;
// A process that was killed has let go of the file within that time.
const LONGEST_WAIT = 2000;
const TABLES = [
  'CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL)',
  'CREATE TABLE events (key INTEGER PRIMARY KEY, body TEXT NOT NULL)',
  ...['fine_steps', 'fine_blocks', 'coarse_steps', 'coarse_blocks'].map(
    (name) => `CREATE TABLE ${name} (key INTEGER PRIMARY KEY, body BLOB NOT NULL)`,
  ),
];

export type Opened =
  /** `setAside`: why there was one that could not be used; null: there was none. */
  | { readonly kind: 'opened'; readonly db: Database; readonly setAside: string | null }
  /** Nothing can be kept now; later it may be possible. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Where a file is set aside. Only the last one is kept, so that the disk does not fill with them. */
export function asideOf(path: string): string {
  return `${path}.aside`;
}

export function openPast(path: string): Opened {
  try {
    return { kind: 'opened', db: open(path), setAside: null };
  } catch (error) {
    const reason = whyUnusable(error);
    if (reason === null) return { kind: 'failed', reason: errorOf(error).message };
    return beginAnew(path, reason);
  }
}

/** Sets the file aside and begins another. The one that is open has to be closed before. */
export function beginAnew(path: string, reason: string): Opened {
  try {
    setAside(path);
    return { kind: 'opened', db: open(path), setAside: reason };
  } catch (error) {
    return { kind: 'failed', reason: `${reason}, and it cannot be set aside: ${errorOf(error).message}` };
  }
}

/** Why a file with this error is set aside, for people; null: it is not the file's fault, such as a full disk. */
export function whyUnusable(error: unknown): string | null {
  if (error instanceof Foreign) return error.message;
  // Of a point: what is in the file are not our bytes.
  if (error instanceof RangeError || error instanceof SyntaxError) return 'it is damaged';
  const code = error instanceof SQLiteError ? (error.code ?? '') : '';
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT|MISMATCH|ERROR|SCHEMA)/.test(code)) return 'it is damaged';
  return /^SQLITE_(BUSY|LOCKED)/.test(code) ? 'another process uses it' : null;
}

class Foreign extends Error {}

function open(path: string): Database {
  const db = new Database(path, { create: true, readwrite: true });
  try {
    chmodSync(path, 0o600);
    db.run(`PRAGMA busy_timeout = ${LONGEST_WAIT}`);
    // Nobody else opens it while this process lives. Without readers beside it there is no shared memory either, which a
    // damaged or truncated file could end the process with.
    db.run('PRAGMA locking_mode = EXCLUSIVE');
    db.run('PRAGMA auto_vacuum = INCREMENTAL');
    db.run('PRAGMA journal_mode = WAL');
    // A loss of power may cost the last moments, but not the file.
    db.run('PRAGMA synchronous = NORMAL');
    db.run('PRAGMA journal_size_limit = 4194304');
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: Database): void {
  const [application, version] = [numberOf(db, 'application_id'), numberOf(db, 'user_version')];
  if (application === APPLICATION && version === VERSION) return check(db);
  if (tablesIn(db) > 0 || application !== 0)
    throw new Foreign(
      application === APPLICATION ? `it is of version ${version}` : 'it is the file of another program',
    );
  db.transaction(() => {
    for (const table of TABLES) db.run(table);
    db.run(`PRAGMA application_id = ${APPLICATION}`);
    db.run(`PRAGMA user_version = ${VERSION}`);
  })();
}

function tablesIn(db: Database): number {
  const sql = "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'";
  return db.query<{ count: number }, []>(sql).get()?.count ?? 0;
}

function check(db: Database): void {
  if (tablesIn(db) !== TABLES.length) throw new Foreign('it is damaged');
  const found = db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check;
  if (found !== 'ok') throw new Foreign('it is damaged');
}

export function numberOf(db: Database, pragma: string): number {
  const row = db.query<Record<string, number>, []>(`PRAGMA ${pragma}`).get();
  return Object.values(row ?? {})[0] ?? 0;
}

function setAside(path: string): void {
  // What is in the log of the file belongs to it.
  for (const suffix of ['', '-wal']) {
    rmSync(`${asideOf(path)}${suffix}`, { force: true, recursive: true });
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${asideOf(path)}${suffix}`);
  }
  rmSync(`${path}-shm`, { force: true });
}
