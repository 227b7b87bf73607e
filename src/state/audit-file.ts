// The audit log on disk: a line of JSON for each entry, in files of bounded size and number.
import type { AuditStore } from '../admin/audit-log.ts';
import type { AuditEntry } from '../admin/shapes/audit.ts';
import { errorOf } from '../core/error-of.ts';
import type { Folder } from './contract.ts';

// Some hundred entries each, which are read in a few milliseconds.
const LARGEST = 128 * 1024;
const MOST_FILES = 32;
/** Entries that are kept in memory while they cannot be written. */
const MOST_UNWRITTEN = 1000;

const NAME = /^audit-(\d{6,})\.jsonl$/;

export type AuditFileTools = {
  /** Told once of entries that could not be written, until one can be again. */
  readonly unkept: (why: string) => void;
  /** Lets others go on. */
  readonly rest: () => Promise<void>;
};

export class AuditFile implements AuditStore {
  private writing: Promise<void> = Promise.resolve();
  /** Of the file that is written; 0: not known yet. */
  private number = 0;
  /** Those that are to be written with the next one. */
  private unwritten: readonly AuditEntry[] = [];

  constructor(
    private readonly folder: Pick<Folder, 'append' | 'list' | 'read' | 'remove'>,
    private readonly tools: AuditFileTools,
  ) {}

  append(entry: AuditEntry): void {
    this.writing = this.writing.then(() => this.write(entry));
  }

  /** Resolves when all is on disk that can be. */
  settled(): Promise<void> {
    return this.writing;
  }

  async *read(): AsyncIterable<readonly AuditEntry[]> {
    await this.writing;
    const { auditEntry } = await import('../admin/shapes/audit.ts');
    yield this.unwritten;
    for (const name of (await this.names().catch(() => [])).toReversed()) {
      const text = new TextDecoder().decode((await this.folder.read(name)) ?? new Uint8Array(0));
      // A line that a crash has cut off, or one of a later version, is none.
      await this.tools.rest();
      yield text.split('\n').flatMap((line) => {
        const { success, data } = auditEntry.safeParse(valueOf(line));
        return success ? [data] : [];
      });
    }
  }

  private async write(entry: AuditEntry): Promise<void> {
    try {
      const isFirst = this.number === 0;
      if (isFirst) this.number = numberIn((await this.names()).at(-1) ?? '') || 1;
      // What a crash has cut off ends here.
      const lines = [...this.unwritten, entry].map((one) => `${JSON.stringify(one)}\n`).join('');
      const text = new TextEncoder().encode(`${isFirst ? '\n' : ''}${lines}`);
      const size = await this.folder.append(nameOf(this.number), text);
      this.unwritten = [];
      if (size > LARGEST) await this.beginNext();
    } catch (error) {
      if (this.unwritten.length === 0) this.tools.unkept(errorOf(error).message);
      this.unwritten = [...this.unwritten, entry].slice(-MOST_UNWRITTEN);
    }
  }

  private async beginNext(): Promise<void> {
    this.number++;
    const old = (await this.names()).slice(0, -(MOST_FILES - 1));
    for (const name of old) await this.folder.remove(name);
  }

  /** The oldest first. */
  private async names(): Promise<readonly string[]> {
    const names = (await this.folder.list()).filter((name) => NAME.test(name));
    return names.toSorted((one, other) => numberIn(one) - numberIn(other));
  }
}

function nameOf(number: number): string {
  return `audit-${String(number).padStart(6, '0')}.jsonl`;
}

function numberIn(name: string): number {
  return Number(NAME.exec(name)?.[1] ?? 0);
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
