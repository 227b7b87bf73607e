// Runs all checks except the tests, prints a line for each, and fails if one of them failed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const PATH = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);

const steps = ['types', 'lint', 'format:check', 'unused'];
if (existsSync(join(root, 'scripts/generate.ts'))) steps.push('generate:check');

const failed = steps.filter((step) => !passes(step));
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(', ')}`);
  process.exit(1);
}

function passes(step) {
  const started = Date.now();
  const options = { cwd: root, encoding: 'utf8', shell: true, env: { ...process.env, PATH }, maxBuffer: Infinity };
  const { status, stdout, stderr } = spawnSync(scripts[step], options);
  const isGood = status === 0;
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${step} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (!isGood) console.log(`${stdout}${stderr}`.trimEnd());
  return isGood;
}
