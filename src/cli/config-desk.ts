// The configuration as operators see and change it by the admin API. What is read for them is read aside, one after another.
import { createHmac, randomBytes } from 'node:crypto';
import type {
  ApplyOutcome,
  CheckOutcome,
  ConfigChange,
  ConfigurationControl,
  PostedFile,
  ShownConfig,
} from '../admin/reload-control.ts';
import type { Operator } from '../core/observer.ts';
import { isModule } from '../config/module.ts';
import { type ReplacedFile, replaceFiles } from '../world/replace-file.ts';
import { stampOf } from '../world/look-at-files.ts';
import type { PackedTexts } from './config-texts.ts';
import type { PostedReport } from './plan-parts.ts';
import type { ReadPlan } from './read-aside.ts';
import { type PostedTexts, askAside } from './reading-process.ts';
import type { Reloader } from './reloader.ts';

type DeskTools = {
  /** Operators may ask before the start is complete. */
  readonly reloader: Promise<Reloader>;
  /** The main file. */
  readonly file: string;
  /** The number of the version in force; null: none is kept. */
  readonly version: () => number | null;
  /** Runs what puts another configuration in force. */
  readonly reloading: <T>(change: () => Promise<T>) => Promise<T>;
};

/** How many may wait for an answer: each needs a process of its own for a moment. */
const MOST_WAITING = 16;

export class ConfigDesk implements ConfigurationControl {
  // What is in force has the same tag as long as this process decides. Without the key, whoever knows all of a text but one short
  // secret could find that by trying.
  private readonly key = randomBytes(32);
  private running: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly tools: DeskTools) {}

  get isBusy(): boolean {
    return this.waiting >= MOST_WAITING;
  }

  show(): Promise<ShownConfig> {
    return this.answer('show');
  }

  compare(): Promise<ShownConfig> {
    return this.answer('compare');
  }

  async check(files: readonly PostedFile[]): Promise<CheckOutcome> {
    const reloader = await this.tools.reloader;
    return await this.inTurn(async () => {
      const texts = this.textsOf(reloader);
      if (texts === null) return { kind: 'impossible', reason: this.readOnly };
      const { outcome, read } = await reloader.tryOut(this.posted(files, texts));
      return { ...outcome, differences: read.posted?.differences ?? [] };
    });
  }

  async apply(change: ConfigChange, by: Operator): Promise<ApplyOutcome> {
    const reloader = await this.tools.reloader;
    return await this.tools.reloading(() => reloader.alone(() => this.applyNow(reloader, change, by)));
  }

  private async applyNow(reloader: Reloader, change: ConfigChange, by: Operator): Promise<ApplyOutcome> {
    const texts = this.textsOf(reloader);
    if (texts === null) return { kind: 'impossible', reason: this.readOnly };
    const tag = this.tagOf(texts);
    if (!change.tags.includes(tag) && !change.tags.includes('*')) return { kind: 'other_version', tag };
    const { outcome, read } = await reloader.tryOut(this.posted(change.files, texts));
    const { posted = null } = read;
    if (outcome.kind !== 'would_reload' || posted === null) return outcome;
    const obstacle = obstacleTo(posted, change);
    if (obstacle !== null) return obstacle;
    const written = await replaceFiles(posted.changed);
    if (!written.ok) return { kind: 'impossible', reason: written.error };
    return await withFiles(written.value, async () => {
      const seen = await seenAgain(read.seen, posted.changed);
      const done = await reloader.enforce({ ...read, seen }, { source: 'admin', by });
      return { ...done, ...this.inForce(reloader) };
    });
  }

  private inForce(reloader: Reloader): { readonly tag: string | null; readonly version: number | null } {
    const texts = this.textsOf(reloader);
    return { tag: texts === null ? null : this.tagOf(texts), version: this.tools.version() };
  }

  private async answer(kind: 'show' | 'compare'): Promise<ShownConfig> {
    const reloader = await this.tools.reloader;
    return await this.inTurn(async () => {
      const texts = this.textsOf(reloader);
      const inForce = this.inForce(reloader);
      return { ...inForce, body: texts === null ? null : await askAside({ kind, texts: texts.packed }) };
    });
  }

  private async inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.waiting++;
    const turn = this.running.then(task).finally(() => this.waiting--);
    this.running = turn.catch(() => undefined);
    return await turn;
  }

  private textsOf({ texts }: Reloader): PackedTexts | null {
    return isModule(this.tools.file) ? null : texts;
  }

  get readOnly(): string {
    const { file } = this.tools;
    return isModule(file)
      ? `the configuration is the program ${file}, which is not run for what somebody sends: change it on the machine of the gateway, and reload`
      : 'the texts of the configuration in force are not known';
  }

  private tagOf({ digest }: PackedTexts): string {
    return `"${createHmac('sha256', this.key).update(digest).digest('hex').slice(0, 32)}"`;
  }

  private posted(files: readonly PostedFile[], { packed }: PackedTexts): PostedTexts {
    return { inForce: packed, files: files.map(({ file, text }) => ({ file: file ?? this.tools.file, text })) };
  }
}

function obstacleTo({ strayed, changed }: PostedReport, { replaces }: ConfigChange): ApplyOutcome | null {
  const mayReplace = replaces ? changed.map(({ file }) => file) : [];
  const others = strayed.filter((file) => !mayReplace.includes(file));
  return others.length > 0 ? { kind: 'strayed', files: others } : null;
}

/** Puts the old files back where the new ones could not be put in force. */
async function withFiles(written: ReplacedFile, enforce: () => Promise<ApplyOutcome>): Promise<ApplyOutcome> {
  let isGood = false;
  try {
    const outcome = await enforce();
    isGood = outcome.kind === 'reloaded';
    return outcome;
  } finally {
    await (isGood ? written.keep() : written.undo());
  }
}

// Whoever watches the files need not read again what has just been written.
async function seenAgain(seen: ReadPlan['seen'], changed: PostedReport['changed']): Promise<ReadPlan['seen']> {
  if (seen === null) return null;
  const stamps = new Map<string, string>();
  for (const { file } of changed) stamps.set(file, await stampOf(file));
  return { ...seen, files: seen.files.map(({ path, stamp }) => ({ path, stamp: stamps.get(path) ?? stamp })) };
}
