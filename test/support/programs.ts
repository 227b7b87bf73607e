// Tests that drive another program (curl, nginx …) declare it here. Without the program they are skipped, with a message.
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';

/** The Debian package of each program that a test may need. */
export const debianPackages = {
  chromium: 'chromium',
  curl: 'curl',
  fish: 'fish',
  h2load: 'nghttp2-client',
  haproxy: 'haproxy',
  nghttp: 'nghttp2-client',
  nginx: 'nginx',
  openssl: 'openssl',
  'python3-hpack': 'python3-hpack',
  pebble: 'pebble',
  'pebble-challtestsrv': 'pebble',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  script: 'bsdutils',
  slowhttptest: 'slowhttptest',
  sslscan: 'sslscan',
  testssl: 'testssl.sh',
  wrk: 'wrk',
  zsh: 'zsh',
} as const;

export type Program = keyof typeof debianPackages;

/** The Python that Debian's packages are for. */
export const PYTHON = '/usr/bin/python3';
// Packages of Python, by what is imported.
const modules: Partial<Record<Program, string>> = { 'python3-hpack': 'hpack' };

/** The path of a program, or null. Also looks in the folders of servers, which only an administrator's PATH has. */
export function pathOf(program: string): string | null {
  return Bun.which(program, { PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` });
}

/** Whether all programs are installed: `describe.skipIf(!needs('curl'))('…')`. If not, reports once for each suite what is
 * missing. */
export function needs(...programs: readonly Program[]): boolean {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length > 0) reportSkip(describeSkip(suiteName(Bun.main), missing));
  return missing.length === 0;
}

function isThere(program: Program): boolean {
  const module = modules[program];
  if (module === undefined) return pathOf(program) !== null;
  return pathOf(PYTHON) !== null && Bun.spawnSync([PYTHON, '-c', `import ${module}`]).exitCode === 0;
}

/** `SKIPPED e2e/curl: needs curl (Debian: apt-get install curl)` */
export function describeSkip(suite: string, missing: readonly Program[]): string {
  const packages = new Set(missing.map((program) => debianPackages[program]));
  return `SKIPPED ${suite}: needs ${missing.join(', ')} (Debian: apt-get install ${[...packages].join(' ')})`;
}

const reported = new Set<string>();

// scripts/test.mjs repeats these lines after the results, and counts them as failures if no test may be skipped.
function reportSkip(line: string): void {
  if (reported.has(line)) return;
  reported.add(line);
  process.stderr.write(`${line}\n`);
  const file = process.env['KEYSTONE_TEST_SKIPS'];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

function suiteName(testFile: string): string {
  return relative(`${import.meta.dir}/..`, testFile).replace(/\.test\.ts$/, '');
}
