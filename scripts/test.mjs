// Runs the tests, says how far it is, and ends with one line: `N passed, N failed`, and `, N skipped` where there are any.
// Arguments go to `bun test` (part of a file's name, `-t name`). With `--no-skips`, or CI=true, a suite that is skipped
// because a program is missing counts as failed.
// Without arguments, gateways that tests start serve with two processes, as they would on most machines, where what is tested could
// differ by that; the others serve with one, which takes half of the time. The tests of what a gateway is there for are run
// with both, and once as the sources are; all others as an executable of the same sources, which starts in a third of the
// time. With arguments, the sources are started, and KEYSTONE_TEST_WORKERS says how many processes serve (one, if absent).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Progress } from './test-progress.mjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

// In milliseconds. Many tests start several programs; on a busy machine that takes longer than the five seconds of the runner. It is
// more than what a test waits for at a time (test/support/until.ts), so that it can say what it has waited for.
const LONGEST_TEST = 90_000;

// Of those that a file lets run side by side: each has programs of its own.
const AT_A_TIME = 6;

// Of the files that are run with one process, so that both lanes take about as long.
const OF_FIRST_LANE = 0.86;

// Of each run.
const DEADLINE_MS = 18 * 60_000;
/** What a gateway is there for. */
const WITH_BOTH = [
  'balancing',
  'failover',
  'health',
  'lifecycle',
  'proxying',
  'reload',
  'retries',
  'shutdown',
  'websocket',
];
/** What several processes have in common, hand over, or are told of: limits and counts, standing, certificates, listeners. */
const WITH_TWO = [
  'acme',
  'affinity',
  'browser',
  'certificates',
  'certificates-by-name',
  'changed-listeners',
  'config-endpoints',
  'discovery',
  'embedding',
  'faults/.*',
  'gone-clients',
  'grpc',
  'h2-backends',
  'hostile-clients',
  'http2.*',
  'listeners',
  'misdirected.*',
  'neighbours',
  'operators',
  'outlier',
  'policies-(?:api-key|basic-auth|bot-limits|cache|concurrency|conformance|jwt|maintenance|mirror|openapi|split)',
  'reload-command',
  'reuse',
  'shortage',
  'slow-readers',
  'state',
  'streams',
  'tenant-limits',
  'tls-.*',
  'watch',
];
// bin/keystone starts no executable then.
const FROM_SOURCES = { KEYSTONE_FROM_SOURCES: '1' };
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2).filter((word) => word !== '--no-skips');
const skipsFail = process.env.CI === 'true' || words.length < process.argv.length - 2;

const folder = mkdtempSync(join(tmpdir(), 'keystone-test-'));
const skips = join(folder, 'skips');
// Ctrl-C ends what runs, and what it has left is removed.
let stoppedBy = null;
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stoppedBy ??= signal;
    for (const bun of running) bun.kill(signal);
  });
}
try {
  const lanes = words.length > 0 ? [[{ filters: words, settings: FROM_SOURCES, label: '' }]] : lanesOfAll(executable());
  const ended = await Promise.all(lanes.map(runLane));
  if (stoppedBy === null) {
    const counts = ended.flat().map(({ output, ending }) => countTests(output, ending));
    process.exitCode = report(sumOf(counts), [...new Set(readLines(skips))]);
  } else {
    console.log(`stopped: ${ended.flat().reduce((sum, { passed }) => sum + passed, 0)} tests had passed`);
    process.exitCode = 130;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runLane(runs) {
  const ended = [];
  for (const run of runs) if (stoppedBy === null) ended.push(await runBun(run));
  return ended;
}

async function runBun({ filters, settings, label }) {
  const progress = new Progress(filesOf(filters), label === '' ? {} : { label, isLive: false });
  const bun = spawn(
    join(root, 'scripts/bun.sh'),
    ['test', '--no-orphans', `--timeout=${LONGEST_TEST}`, `--max-concurrency=${AT_A_TIME}`, ...filters],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, KEYSTONE_TEST_SKIPS: skips, ...settings },
    },
  );
  running.add(bun);
  let output = '';
  bun.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
    progress.read(text);
  });
  const deadline = setTimeout(() => bun.kill('SIGKILL'), DEADLINE_MS);
  const [status, signal] = await once(bun, 'exit');
  clearTimeout(deadline);
  running.delete(bun);
  // Do not wait for ever: a process that a test has left behind may hold the pipe open. Bun's own output has come by now.
  if (!bun.stderr.closed) await Promise.race([once(bun.stderr, 'close'), sleep(1000, null, { ref: false })]);
  bun.stderr.destroy();
  progress.end();
  return { output, ending: signal ?? status, passed: progress.passed };
}

/** How many files will be run; null: only Bun knows. */
function filesOf(filters) {
  return filters.every((filter) => filter.endsWith('.test.ts')) ? filters.length : null;
}

/** As settings of a run: the executable that gateways are; none where it cannot be built, which its own tests tell of. */
function executable() {
  const { status, stdout } = spawnSync(join(root, 'scripts/bun.sh'), ['scripts/build.ts', 'executable'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return status === 0 ? { KEYSTONE_TEST_PROGRAM: join(root, stdout.trim()) } : {};
}

// Two lanes side by side, since most tests wait for something most of the time.
function lanesOfAll(program) {
  const all = testsIn('test').toSorted();
  const isTwo = namedBy([...WITH_BOTH, ...WITH_TWO]);
  const isBoth = namedBy(WITH_BOTH);
  const startsPrograms = (file) => file.startsWith('./test/e2e/');
  const withOne = all.filter((file) => startsPrograms(file) && !isTwo(file));
  const ofFirst = Math.ceil(withOne.length * OF_FIRST_LANE);
  const one = (filters, label) => ({ filters, settings: { ...workers(1), ...program }, label });
  return [
    [
      one(withOne.slice(0, ofFirst), 'with one process: '),
      {
        filters: all.filter(isBoth),
        settings: { ...workers(1), ...FROM_SOURCES },
        label: 'with one, of the checkout: ',
      },
    ],
    [
      { filters: all.filter(isTwo), settings: { ...workers(2), ...program }, label: 'with two: ' },
      one(withOne.slice(ofFirst), 'with one process, the others: '),
      { filters: all.filter((file) => !startsPrograms(file)), settings: workers(1), label: 'the rest: ' },
    ],
  ];
}

function namedBy(names) {
  const expression = new RegExp(`^\\./test/e2e/(?:${names.join('|')})\\.test\\.ts$`);
  return (file) => expression.test(file);
}

function workers(count) {
  return { KEYSTONE_TEST_WORKERS: String(count) };
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
