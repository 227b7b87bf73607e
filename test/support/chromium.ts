// A real browser without a window.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--ignore-certificate-errors',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

// The time of scripts goes on while nothing is loaded.
const FOR_A_WHILE = '--virtual-time-budget=20000';

/** The document at that address, when its scripts have run for a while, as text. Whoever has issued its certificate. */
export async function chromiumDom(url: string): Promise<string> {
  return await dom(url, [FOR_A_WHILE]);
}

/** The same as soon as all that the document has asked for at first is loaded. */
export async function chromiumLoaded(url: string): Promise<string> {
  return await dom(url, []);
}

async function dom(url: string, more: readonly string[]): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const words = [...FLAGS, ...QUIET, `--user-data-dir=${profile}`, ...more, '--dump-dom', url];
  const child = Bun.spawn(['chromium', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  const text = await new Response(child.stdout).text();
  await child.exited;
  await rm(profile, { recursive: true, force: true });
  return text;
}
