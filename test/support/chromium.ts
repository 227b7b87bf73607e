// A real browser without a window.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The document at that address, when its scripts have run for a while, as text. */
export async function chromiumDom(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const words = [...FLAGS, ...QUIET, `--user-data-dir=${profile}`, '--virtual-time-budget=20000', '--dump-dom', url];
  const child = Bun.spawn(['chromium', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  const text = await new Response(child.stdout).text();
  await child.exited;
  await rm(profile, { recursive: true, force: true });
  return text;
}
