// Reads the files of a configuration: the main one, and those that it includes.
import { type Bytes, bytes, formatSize } from '../core/units.ts';
import {
  type ConfigDocument,
  type ConvertedDocument,
  convertDocument,
  readDocument,
  readMade,
  unreadable,
} from './document.ts';
import { broken, isModule } from './module.ts';
import type { Environment } from './environment.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import { type IncludedFile, findIncluded } from './include.ts';
import { readLimited } from './read-file.ts';
import { readSecretFiles } from './secret-files.ts';

/** A hundred thousand tenants fit in; a larger file was named by mistake. */
const LARGEST_CONFIG = bytes(16 * 1024 * 1024);

/** So many files are open at a time. */
const AT_ONCE = 32;

/** The files, the main one first; what is wrong with `include`, and what is odd about it. */
export type Documents = {
  readonly documents: readonly ConvertedDocument[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
};

export async function readDocuments(file: string, environment: Environment, files: ConfigFiles): Promise<Documents> {
  const budget = new Budget(LARGEST_CONFIG);
  const main = await valuesOf(await readOne(file, budget, files), environment, files);
  if (main.root === null) return { documents: [main], findings: [], warnings: [] };
  const { files: included, findings, warnings } = await findIncluded(main, files);
  const others = await inTurns(included, async (one) => {
    const document = await readOne(one.file, budget, files);
    return valuesOf(placedByName(document, one), environment, files);
  });
  if (budget.isSpent) return { documents: [main], findings: [TOO_LARGE], warnings: [] };
  return { documents: [main, ...others], findings, warnings };
}

const TOO_LARGE: Finding = {
  path: ['include'],
  isKey: true,
  message: `the files together are larger than ${formatSize(LARGEST_CONFIG)}`,
};

/** What may still be read. */
class Budget {
  isSpent = false;

  constructor(private left: Bytes) {}

  spend(size: number): void {
    this.left = bytes(this.left - size);
    if (this.left < 0) this.isSpent = true;
  }
}

async function readOne(file: string, budget: Budget, files: ConfigFiles): Promise<ConfigDocument> {
  if (budget.isSpent) return unreadable(file, { message: 'is not read: the files before are too large together' });
  if (isModule(file)) return readModule(file, budget, files);
  const text = await readLimited(file, LARGEST_CONFIG, files.readConfig ?? files.readFile);
  if (!text.ok) return unreadable(file, { message: text.error });
  budget.spend(text.value.length);
  return readDocument(file, text.value);
}

async function readModule(file: string, budget: Budget, files: ConfigFiles): Promise<ConfigDocument> {
  // Who merely cannot read it is told so as of any other file.
  const text = await readLimited(file, LARGEST_CONFIG, files.readConfig ?? files.readFile);
  if (!text.ok) return unreadable(file, { message: text.error });
  const { made } = await files.runModule(file);
  if (!made.ok) return broken(file, made.error);
  budget.spend(made.value.length);
  return readMade(file, made.value);
}

async function valuesOf(
  document: ConfigDocument,
  environment: Environment,
  { readFile }: ConfigFiles,
): Promise<ConvertedDocument> {
  const files = await readSecretFiles(document.root, readFile);
  return convertDocument(document, { environment, files });
}

// A file that the main one names, and that cannot be read, is a mistake in the main one.
function placedByName(document: ConfigDocument, { named }: IncludedFile): ConfigDocument {
  const { root, lines, findings } = document;
  if (named === null || root !== null || lines !== null) return document;
  const path = ['include', named];
  return { ...document, findings: findings.map(({ message }) => ({ path, part: 0, message: `{value} ${message}` })) };
}

async function inTurns<From, To>(all: readonly From[], read: (one: From) => Promise<To>): Promise<readonly To[]> {
  const done: To[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE)
    done.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(read))));
  return done;
}
