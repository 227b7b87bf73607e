// Texts that somebody has sent, in the process that reads them: what their masks stand for is put back, and they are read in the
// place of files.
import { normalize } from 'node:path';
import { decode } from '../config/decode.ts';
import { convertDocument, readDocument } from '../config/document.ts';
import type { ConfigFiles } from '../config/files.ts';
import { findIncluded } from '../config/include.ts';
import { maskText } from '../config/masking/masked-text.ts';
import { type Restored, restoreText } from '../config/masking/restore.ts';
import { isModule } from '../config/module.ts';
import { type Problem, fileProblem } from '../config/problems.ts';
import { lineDifference } from '../core/line-difference.ts';
import { err } from '../core/result.ts';
import { maskerOf } from '../core/secrets.ts';
import { bytes } from '../core/units.ts';
import { realWorld } from '../world.ts';
import { stampOf } from '../world/look-at-files.ts';
import { type ConfigText, unpack } from './config-texts.ts';
import type { PostedReport } from './plan-parts.ts';
import type { PostedText, PostedTexts } from './reading-process.ts';

type OneText = {
  readonly file: string;
  readonly text: string;
  readonly restored: Restored;
  /** The text without secrets, and the same of what is in force. */
  readonly shown: { readonly now: string; readonly before: string };
  readonly secrets: readonly string[];
};

const LARGEST = bytes(16 * 1024 * 1024);
/** More is read by nobody. */
const LONGEST_DIFFERENCE = 256 * 1024;
const IS_PROGRAM =
  'is a program, which is not run for what somebody sends: change it on the machine of the gateway, and reload';

export class PostedConfig {
  private constructor(
    readonly report: PostedReport,
    /** What keeps the texts from being read. */
    readonly problems: readonly Problem[],
    /** The outside, with the texts in the place of files. */
    readonly files: ConfigFiles,
    private readonly texts: readonly OneText[],
  ) {}

  static async open({ inForce, files }: PostedTexts, outside: ConfigFiles): Promise<PostedConfig> {
    const known = unpack(inForce);
    const texts = files.map((one) => openOne(one, known));
    const contents = new Map(texts.map(({ file, restored }) => [file, new TextEncoder().encode(restored.text)]));
    const problems = files.flatMap(({ file }, at) => refusalOf(file, known, files.slice(0, at)));
    const report = await reportOf(texts, { known, contents, outside });
    const all = problems.length > 0 ? problems : texts.flatMap(({ restored }) => restored.problems);
    return new PostedConfig(report, all, overlaid(outside, contents), texts);
  }

  /** Problems of the whole texts, with their places in those that were sent, and without what the masks stand for. */
  told(problems: readonly Problem[]): readonly Problem[] {
    const mask = maskerOf(this.texts.flatMap((one) => one.secrets));
    return problems.map((problem) => {
      const place = this.texts
        .find(({ file }) => file === problem.file)
        ?.restored.placeOf(problem.line, problem.column);
      const { expected, suggestion } = problem;
      return {
        ...problem,
        ...place,
        message: mask(problem.message),
        expected: expected === null ? null : mask(expected),
        suggestion: suggestion === null ? null : mask(suggestion),
      };
    });
  }
}

function refusalOf(file: string, known: readonly ConfigText[], earlier: readonly PostedText[]): readonly Problem[] {
  if (earlier.some((one) => one.file === file)) return [fileProblem(file, 'was sent twice')];
  if (isModule(file)) return [fileProblem(file, IS_PROGRAM)];
  if (known.some(({ path }) => path === file)) return [];
  return [fileProblem(file, 'is no file of the configuration in force', known.map(({ path }) => path).join(' or '))];
}

function openOne({ file, text }: PostedText, known: readonly ConfigText[]): OneText {
  const before = textIn(known, file);
  const masked = before === null ? null : maskText(file, before);
  const restored = restoreText(file, text, masked);
  const now = maskText(file, restored.text);
  return {
    file,
    text,
    restored,
    // What cannot be masked is what was sent: it holds no secret that its sender does not know.
    shown: { now: now?.text ?? text, before: masked?.text ?? '' },
    secrets: [...(masked?.secrets ?? []), ...(now?.secrets ?? [])],
  };
}

function textIn(known: readonly ConfigText[], file: string): string | null {
  const content = known.find(({ path }) => path === file)?.content;
  const text = content === undefined ? null : decode(content);
  return text?.ok === true ? text.value : null;
}

type Ground = {
  readonly known: readonly ConfigText[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly outside: ConfigFiles;
};

async function reportOf(texts: readonly OneText[], ground: Ground): Promise<PostedReport> {
  const { known, contents, outside } = ground;
  const strayed = await strayedFiles(known, outside);
  const changed: PostedReport['changed'][number][] = [];
  for (const { path: file, content } of known) {
    const text = contents.get(file);
    if (text === undefined || (equal(text, content) && !strayed.includes(file))) continue;
    changed.push({ file, text, stamp: await stampOf(file) });
  }
  const differences = texts
    .map(({ file, shown }) => ({ file, lines: lineDifference(shown.before, shown.now).slice(0, LONGEST_DIFFERENCE) }))
    .filter(({ lines }) => lines !== '');
  return { strayed, changed, differences };
}

/** Files that are on disk no longer what is in force, or that belong to the configuration only now, or no more. */
export async function strayedFiles(known: readonly ConfigText[], outside: ConfigFiles): Promise<readonly string[]> {
  const strayed = new Set<string>();
  for (const { path, content } of known) {
    const now = await outside.readFile(path, LARGEST).catch(() => null);
    if (now === null || !equal(now, content)) strayed.add(path);
  }
  const [main, ...included] = known;
  if (main === undefined || isModule(main.path)) return [...strayed];
  const references = { environment: realWorld().environment, files: new Map() };
  const document = convertDocument(readDocument(main.path, main.content), references);
  const found = (await findIncluded(document, outside)).files.map(({ file }) => normalize(file));
  const before = included.map(({ path }) => normalize(path));
  for (const path of found) if (!before.includes(path)) strayed.add(path);
  for (const path of before) if (!found.includes(path)) strayed.add(path);
  return [...strayed];
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function overlaid(outside: ConfigFiles, contents: ReadonlyMap<string, Uint8Array>): ConfigFiles {
  return {
    ...outside,
    readConfig: async (path, limit) => {
      const content = contents.get(path);
      if (content === undefined) return await outside.readFile(path, limit);
      // Whoever watches the files has to know of this one as well.
      await outside.readFile(path, limit).catch(() => null);
      return content;
    },
    runModule: (path) => Promise.resolve({ made: err({ at: null, path: [], message: IS_PROGRAM }), files: [path] }),
  };
}
