// Writes the files that are generated from the configuration's schema, the metrics, the admin API and the commands. With --check: only tells whether they are up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { configReference } from '../src/config/reference.ts';
import { metricsReference } from '../src/observe/metrics/reference.ts';
import { adminReference } from './admin-reference.ts';
import { commandReference } from './command-reference.ts';
import { inputTypes } from './input-types.ts';

const ROOT = join(import.meta.dirname, '..');

const INPUT_TYPES = 'src/config/config-input.ts';

const admin = await adminReference();

const generated: Readonly<Record<string, string>> = {
  'schema/keystone.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'docs/reference/configuration.md': configReference(),
  'docs/reference/metrics.md': metricsReference(),
  'docs/reference/admin-api.md': admin.page,
  'docs/reference/command-line.md': commandReference(),
  'schema/admin.openapi.json': admin.openapi,
  [INPUT_TYPES]: await formatted(INPUT_TYPES, inputTypes()),
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

// As the formatter wants it, so that the check of formats has nothing to say.
async function formatted(name: string, text: string): Promise<string> {
  const biome = Bun.spawn([join(ROOT, 'node_modules/.bin/biome'), 'format', `--stdin-file-path=${name}`], {
    cwd: ROOT,
    stdin: new Blob([text]),
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const output = await new Response(biome.stdout).text();
  if ((await biome.exited) !== 0) throw new Error(`${name} cannot be formatted`);
  return output;
}
