// Bun for any platform: what is installed here, else what npm brings, checked against the lock file.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import manifest from '../package.json' with { type: 'json' };

const VERSION = manifest.dependencies.bun;

const lockFile = z.object({ packages: z.record(z.string(), z.object({ integrity: z.exactOptional(z.string()) })) });

/** The path of the program from the package `@oven/NAME`. */
export async function runtimeFor(name: string, root: string): Promise<string> {
  const installed = join(root, 'node_modules/@oven', name, 'bin/bun');
  if (existsSync(installed)) return installed;
  const folder = join(root, '.cache', `${name}-${VERSION}`);
  const program = join(folder, 'package/bin/bun');
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  await run(['npm', 'pack', `@oven/${name}@${VERSION}`, '--pack-destination', folder, '--silent'], root);
  const archive = join(folder, `oven-${name}-${VERSION}.tgz`);
  const digest = createHash('sha512').update(await readFile(archive));
  if (`sha512-${digest.digest('base64')}` !== (await integrityOf(name, root)))
    throw new Error(`${archive} is not what package-lock.json names`);
  await run(['tar', '-xzf', archive, '-C', folder], root);
  await rm(archive);
  return program;
}

async function integrityOf(name: string, root: string): Promise<string | undefined> {
  const { packages } = lockFile.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  return packages[`node_modules/@oven/${name}`]?.integrity;
}

async function run(command: readonly string[], cwd: string): Promise<void> {
  const child = Bun.spawn([...command], { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' });
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed`);
}
