// Runs the tests, says how far it is, and ends with one line: `N passed, N failed`, and `, N skipped` where there are any.
// Arguments go to `bun test` (part of a file's name, `-t name`). With `--no-skips`, or CI=true, a suite that is skipped
// because a program is missing counts as failed.
// Without arguments, the tests that start real gateways are run a second time beside the first, with several processes that serve:
// what one process does for its clients, several must do as well. With arguments, KEYSTONE_TEST_WORKERS=2 does the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Progress } from './test-progress.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

// In milliseconds. Many tests start several programs; on a busy machine that takes longer than the five seconds of the runner.
const LONGEST_TEST = 30_000;

// Of each run.
const DEADLINE_MS = 15 * 60_000;
const SEVERAL = '2';
// The load test starts gateways of its own, and says with how many processes.
const SAYS_ITSELF = './test/e2e/load-test.test.ts';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2).filter((word) => word !== '--no-skips');
const skipsFail = process.env.CI === 'true' || words.length < process.argv.length - 2;

const folder = mkdtempSync(join(tmpdir(), 'keystone-test-'));
const skips = join(folder, 'skips');
try {
  const runs =
    words.length > 0
      ? [[words, {}]]
      : [
          [['./test'], {}],
          [withGateways(), { KEYSTONE_TEST_WORKERS: SEVERAL }],
        ];
  // Side by side: most of the tests wait for something most of the time.
  const ended = await Promise.all(runs.map(([filters, settings], at) => runBun(filters, settings, at > 0)));
  const counts = ended.map(({ output, ending }) => countTests(output, ending));
  process.exitCode = report(sumOf(counts), [...new Set(readLines(skips))]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runBun(filters, settings, isBeside) {
  const progress = new Progress(filesOf(filters), isBeside ? { label: 'with two workers: ', isLive: false } : {});
  const bun = spawn(join(root, 'scripts/bun.sh'), ['test', '--no-orphans', `--timeout=${LONGEST_TEST}`, ...filters], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, KEYSTONE_TEST_SKIPS: skips, ...settings },
  });
  let output = '';
  bun.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
    progress.read(text);
  });
  const deadline = setTimeout(() => bun.kill('SIGKILL'), DEADLINE_MS);
  const [status, signal] = await once(bun, 'exit');
  clearTimeout(deadline);
  // Do not wait for ever: a process that a test has left behind may hold the pipe open. Bun's own output has come by now.
  if (!bun.stderr.closed) await Promise.race([once(bun.stderr, 'close'), sleep(1000, null, { ref: false })]);
  bun.stderr.destroy();
  progress.end();
  return { output, ending: signal ?? status };
}

/** How many files will be run; null: only Bun knows. */
function filesOf(filters) {
  if (filters.every((filter) => filter.endsWith('.test.ts'))) return filters.length;
  return filters.length === 1 && filters[0] === './test' ? testsIn('test').length : null;
}

/** The files that start the gateway as a process. */
function withGateways() {
  const all = testsIn('test/e2e').filter((file) => file !== SAYS_ITSELF);
  return all.filter((file) => readFileSync(join(root, file), 'utf8').includes('GatewayProcess.start('));
}

function testsIn(place) {
  const files = readdirSync(join(root, place), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => `./${place}/${file}`);
}

function sumOf(counts) {
  const total = (word) => counts.reduce((sum, one) => sum + one[word], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

/** Bun's own count, which includes files that did not load; it is missing when Bun died or a test ended the process. */
function countTests(output, ending) {
  const plain = stripVTControlCharacters(output);
  const summary = /((?: +\d+ [a-z() ]+\n)+)Ran \d+ tests? across \d+ files?\.[^\n]*\s*$/.exec(plain)?.[1];
  const count = (word) => Number(new RegExp(`^ +(\\d+) ${word}$`, 'm').exec(summary ?? '')?.[1] ?? 0);
  const counts = { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
  const problem = whyUntrusted(summary, counts, ending);
  if (problem === null) return counts;
  console.log(`FAILED: ${problem}`);
  return { ...counts, failed: counts.failed + 1 };
}

function whyUntrusted(summary, { passed, failed }, ending) {
  if (summary === undefined) return `the test run ended early (${ending}), before its results`;
  if (passed + failed === 0) return 'no test ran';
  if (ending !== 0 && failed === 0) return `the test run ended with ${ending}`;
  return null;
}

function report({ passed, failed, skipped }, skippedSuites) {
  for (const line of skippedSuites) console.log(line);
  const all = failed + (skipsFail ? skippedSuites.length : 0);
  console.log(`${passed} passed, ${all} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return all > 0 ? 1 : 0;
}

function readLines(path) {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
