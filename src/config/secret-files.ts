// Files whose content stands for a value: `${file:/run/secrets/x}`, as containers and service managers hand secrets over.
import { type ParsedNode, visit } from 'yaml';
import { type Result, err, ok } from '../core/result.ts';
import { bytes } from '../core/units.ts';
import { decode } from './decode.ts';
import { filesOf } from './environment.ts';
import { type ReadFile, readLimited } from './read-file.ts';

/** What the files hold, by their paths. The error is a sentence that names the file, and never its content. */
export type SecretFiles = ReadonlyMap<string, Result<string, string>>;

/** A key or a token; what is larger was named by mistake. */
const LARGEST_SECRET = bytes(64 * 1024);

// They have no end, or one that others decide about.
const NO_REGULAR_FILE = /^\/(?:dev|proc|sys)\//;

/** Reads every file that a value of the document refers to. */
export async function readSecretFiles(root: ParsedNode | null, readFile: ReadFile): Promise<SecretFiles> {
  const found = await Promise.all(
    Array.from(filesIn(root), async (file) => [file, await readSecret(file, readFile)] as const),
  );
  return new Map(found);
}

function filesIn(root: ParsedNode | null): ReadonlySet<string> {
  const files = new Set<string>();
  visit(root, {
    Scalar(key, { value }) {
      if (key !== 'key' && typeof value === 'string') for (const file of filesOf(value)) files.add(file);
    },
  });
  return files;
}

async function readSecret(file: string, readFile: ReadFile): Promise<Result<string, string>> {
  if (NO_REGULAR_FILE.test(file)) return err(`the file ${file} is no regular file`);
  const content = await readLimited(file, LARGEST_SECRET, readFile);
  if (!content.ok) return err(`the file ${file} ${content.error}`);
  const text = decode(content.value);
  // Editors and `echo` put a line end there that is no part of the secret.
  return text.ok ? ok(text.value.replace(/\r?\n$/, '')) : err(`the file ${file} is no text: ${text.error.message}`);
}
