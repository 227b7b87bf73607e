// How the texts of a configuration are shown, in a process of its own: parsing the largest takes seconds.
import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decode } from '../config/decode.ts';
import { readDocument } from '../config/document.ts';
import { type MaskedText, maskText } from '../config/masking/masked-text.ts';
import { plainValue } from '../config/masking/plain-value.ts';
import { isModule } from '../config/module.ts';
import { lineDifference } from '../core/line-difference.ts';
import { bytes } from '../core/units.ts';
import { realWorld } from '../world.ts';
import { runModule } from '../world/run-module.ts';
import type { ConfigText } from './config-texts.ts';
import { strayedFiles } from './posted-config.ts';

const LARGEST = bytes(16 * 1024 * 1024);

/** One file, as `GET /config` has it. */
type ShownFile = {
  readonly file: string;
  /** Without secrets; null: nobody can tell what of it is secret. */
  readonly text: string | null;
  readonly parsed: unknown;
  /** Why it cannot be changed here; null: it can. */
  readonly read_only: string | null;
};

/** The texts in force. */
export async function showTexts(texts: readonly ConfigText[]): Promise<object> {
  const files: ShownFile[] = [];
  for (const { path, content } of texts) files.push(await showOne(path, content));
  return { files, strayed: await strayedFiles(texts, outside()) };
}

async function showOne(file: string, content: Uint8Array): Promise<ShownFile> {
  const masked = maskedOf(file, content);
  if (masked === null) return { file, text: null, parsed: null, read_only: isModule(file) ? IS_PROGRAM : NO_YAML };
  const { root } = readDocument(file, masked.text);
  return { file, text: masked.text, parsed: plainValue(root), read_only: await obstacleTo(file) };
}

const IS_PROGRAM = 'it is a program, which is changed on the machine of the gateway alone';
const NO_YAML = 'it cannot be read as YAML, so that nobody can tell what of it is secret';

function maskedOf(file: string, content: Uint8Array, others?: ReadonlySet<string>): MaskedText | null {
  const text = isModule(file) ? null : decode(content);
  return text?.ok === true ? maskText(file, text.value, others) : null;
}

/** Why nobody can write the file here; null: it can be tried. */
async function obstacleTo(file: string): Promise<string | null> {
  try {
    const path = await realpath(file);
    if (!(await stat(path)).isFile()) return 'it is no regular file';
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK);
    return null;
  } catch {
    return 'the user of the gateway may not write it, or its folder';
  }
}

/** How the files are by now. */
export async function compareTexts(texts: readonly ConfigText[]): Promise<object> {
  const paths = new Set([...texts.map(({ path }) => path), ...(await strayedFiles(texts, outside()))]);
  const files: { file: string; lines: string; note: string | null }[] = [];
  for (const file of paths) {
    const before = texts.find(({ path }) => path === file)?.content ?? null;
    const now = await realWorld()
      .readFile(file, LARGEST)
      .catch(() => null);
    if (before !== null && now !== null && Buffer.compare(before, now) === 0) continue;
    files.push({ file, ...compareOne(file, before, now) });
  }
  return { files };
}

function compareOne(
  file: string,
  before: Uint8Array | null,
  now: Uint8Array | null,
): { lines: string; note: string | null } {
  const old = before === null ? null : maskedOf(file, before);
  const next = now === null ? null : maskedOf(file, now);
  if ((before !== null && old === null) || (now !== null && next === null))
    return { lines: '', note: 'it differs, and cannot be shown: it is a program, or no YAML' };
  const shown = next === null || now === null || old === null ? next : marked(file, now, next, old);
  const lines = lineDifference(old?.text ?? '', shown?.text ?? '');
  return { lines, note: noteOf(before, now) };
}

function noteOf(before: Uint8Array | null, now: Uint8Array | null): string | null {
  if (before === null) return 'it belongs to the configuration only now';
  return now === null ? 'it is gone, or cannot be read' : null;
}

// A secret that is another one now would look the same as before.
function marked(file: string, now: Uint8Array, next: MaskedText, old: MaskedText): MaskedText {
  const others = [...next.values].filter(([place, { value }]) => (old.values.get(place)?.value ?? value) !== value);
  const places = new Set(others.map(([place]) => place));
  return places.size === 0 ? next : (maskedOf(file, now, places) ?? next);
}

function outside() {
  const { readFile, findFiles } = realWorld();
  return { readFile, findFiles, runModule };
}
