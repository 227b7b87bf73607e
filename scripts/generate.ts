// Writes the files that are generated from the configuration's schema. With --check: only tells whether they are up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { configReference } from '../src/config/reference.ts';

const ROOT = join(import.meta.dirname, '..');

const generated: Readonly<Record<string, string>> = {
  'schema/keystone.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'docs/reference/configuration.md': configReference(),
};

const isCheck = process.argv.includes('--check');
let stale = 0;
for (const [name, text] of Object.entries(generated)) {
  const path = join(ROOT, name);
  if ((await readFile(path, 'utf8').catch(() => null)) === text) continue;
  stale++;
  if (isCheck) console.error(`${name} is out of date: run npm run generate`);
  else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`wrote ${name}`);
  }
}
process.exitCode = isCheck && stale > 0 ? 1 : 0;
