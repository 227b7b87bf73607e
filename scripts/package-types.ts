// Makes the declarations of the package: those of src/index.ts, and of the files that they lead to.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** Writes them to a folder. Fails if they lead to a package: whoever uses them need not have its types. */
export async function packageTypes(root: string, out: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keystone-types-'));
  await emit(root, folder);
  const base = join(folder, 'src');
  const left = [join(base, 'index.d.ts')];
  const done = new Set<string>();
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (done.has(file)) continue;
    done.add(file);
    const text = await readFile(file, 'utf8');
    for (const name of importsOf(text)) left.push(declarationOf(name, file));
    await write(join(out, relative(base, file)), text);
  }
  await rm(folder, { recursive: true });
}

// The compiler complains of files that have no declarations, such as those with nameless classes. None of them is led to: the
// walk would find that it is missing.
async function emit(root: string, folder: string): Promise<void> {
  const words = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--noEmitOnError', 'false'];
  const places = ['--project', root, '--rootDir', root, '--outDir', folder];
  const command = [join(root, 'node_modules/.bin/tsc'), ...words, ...places];
  await Bun.spawn(command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }).exited;
}

function importsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/(?:\bfrom |\bimport\()'([^']+)'|(?:\bfrom |\bimport\()"([^"]+)"/g), (match) => {
    return match[1] ?? match[2] ?? '';
  });
}

function declarationOf(name: string, file: string): string {
  if (!name.startsWith('.')) throw new Error(`the declarations of ${basename(file)} need the package ${name}`);
  return join(dirname(file), name.replace(/\.ts$/, '.d.ts'));
}

// Compilers look for the declarations of a `.js` file, which need not be there.
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const lines = [
    '/// <reference lib="esnext.disposable" />',
    text.replaceAll(/(from ["']\.[^"']*)\.ts(["'])/g, '$1.js$2'),
  ];
  await writeFile(path, path.endsWith('index.d.ts') ? lines.join('\n') : (lines[1] ?? ''));
}
