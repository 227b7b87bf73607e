// The latest configurations that were in force, each with the texts that it was made of.
import { z } from 'zod';
import { errorOf } from '../core/error-of.ts';
import type { Folder } from './contract.ts';

/** What is kept of one configuration beside its texts. */
export type Version = {
  /** From 1 on; each is one more than the one before it. */
  readonly number: number;
  /** When it was put in force, in milliseconds since 1970. */
  readonly at: number;
  readonly source: 'start' | 'signal' | 'watch' | 'admin' | 'rollback';
  /** Who wanted it; null: nobody said so. */
  readonly operator: { readonly token: string | null; readonly address: string } | null;
  /** The version that it repeats; null: it came from its file. */
  readonly of: number | null;
  /** The configuration file. */
  readonly file: string;
  readonly tenants: number;
  /** Of its tenants, those that were broken. */
  readonly quarantined: number;
  /** What differed from the one before it, in words. */
  readonly changes: readonly string[];
  /** The same for the same texts. */
  readonly digest: string;
};

/** A configuration that has just been put in force. */
export type NewVersion = Omit<Version, 'number' | 'at'> & { readonly packed: Uint8Array };

const MOST = 50;
const FORMAT = 1;

const versionFile = z.object({
  format: z.literal(FORMAT),
  number: z.number().int().min(1),
  at: z.number(),
  source: z.enum(['start', 'signal', 'watch', 'admin', 'rollback']),
  operator: z.nullable(z.object({ token: z.nullable(z.string()), address: z.string() })),
  of: z.nullable(z.number()),
  file: z.string(),
  tenants: z.number(),
  quarantined: z.number(),
  changes: z.array(z.string()),
  digest: z.string(),
});

export type HistoryTools = {
  readonly wall: () => number;
  /** Told of a file that cannot be used. */
  readonly ignored: (name: string, why: string) => void;
  /** Told of a version that could not be written. */
  readonly unkept: (name: string, why: string) => void;
};

export class History {
  /** The version in force; null: it could not be kept. */
  current: Version | null = null;

  private constructor(
    private readonly folder: Folder,
    private readonly tools: HistoryTools,
    private kept: readonly Version[],
  ) {}

  /** Reads what there is. Rejects where the directory cannot be read. */
  static async open(folder: Folder, tools: HistoryTools): Promise<History> {
    const names = (await folder.list()).filter((name) => /^version-\d+\.json$/.test(name)).toSorted();
    const kept = await Promise.all(names.map((name) => readVersion(folder, name, tools)));
    return new History(
      folder,
      tools,
      kept.filter((one) => one !== null).toSorted((one, other) => one.number - other.number),
    );
  }

  get directory(): string {
    return this.folder.path;
  }

  /** The oldest first. */
  get versions(): readonly Version[] {
    return this.kept;
  }

  /** The version of that number, or, for null, the latest with other texts than the one in force; null: there is none. */
  find(number: number | null): Version | null {
    const { current, kept } = this;
    const isWanted = (one: Version): boolean =>
      number === null ? one.digest !== current?.digest : one.number === number;
    return kept.findLast(isWanted) ?? null;
  }

  /** Where the texts of a version are. */
  textsOf({ number }: Pick<Version, 'number'>): string {
    return `${this.folder.path}/${textsName(number)}`;
  }

  /** Keeps a configuration that has been put in force. One with the texts of the one before it is that one still. */
  async add({ packed, ...version }: NewVersion): Promise<void> {
    const latest = this.kept.at(-1);
    if (latest !== undefined && latest.digest === version.digest) {
      this.current = latest;
      return;
    }
    const next = { ...version, number: (latest?.number ?? 0) + 1, at: this.tools.wall() };
    try {
      // The texts first: a version without them is none.
      await this.folder.write(textsName(next.number), packed);
      await this.folder.write(versionName(next.number), encode(next));
      this.kept = [...this.kept, next];
      this.current = next;
      await this.prune();
    } catch (error) {
      this.current = null;
      this.tools.unkept(versionName(next.number), errorOf(error).message);
    }
  }

  private async prune(): Promise<void> {
    const old = this.kept.slice(0, -MOST);
    this.kept = this.kept.slice(-MOST);
    for (const { number } of old) {
      await this.folder.remove(versionName(number));
      await this.folder.remove(textsName(number));
    }
  }
}

async function readVersion(folder: Folder, name: string, { ignored }: HistoryTools): Promise<Version | null> {
  try {
    const content = await folder.read(name);
    const { format: _, ...version } = versionFile.parse(JSON.parse(new TextDecoder().decode(content ?? undefined)));
    return version;
  } catch {
    ignored(name, 'it is damaged, or of another version');
    return null;
  }
}

function encode(version: Version): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...version }, null, 2)}\n`);
}

// In the order of their numbers, also for whoever lists the directory.
function versionName(number: number): string {
  return `version-${String(number).padStart(6, '0')}.json`;
}

function textsName(number: number): string {
  return `version-${String(number).padStart(6, '0')}.texts.gz`;
}
