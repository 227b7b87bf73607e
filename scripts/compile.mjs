// Compiles the sources of a checkout, so that bin/keystone starts in a third of the time. npm runs this when it has installed the
// dependencies. Where it cannot be done, bin/keystone runs the sources as they are, and nothing else is different.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (run('scripts/is-compiled.sh') !== 0) {
  console.error('keystone: compiling the sources, so that it starts sooner');
  if (run('scripts/bun.sh', 'scripts/build.ts', 'checkout') !== 0) {
    console.error('keystone: the sources could not be compiled; they run as they are');
  }
}

function run(program, ...words) {
  return spawnSync(join(root, program), words, { cwd: root, stdio: ['ignore', 'ignore', 2] }).status;
}
