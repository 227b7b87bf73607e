// A disk of little room, where the system lets this process mount one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory. Disposing unmounts it. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'keystone-disk-'));

  constructor(kilobytes: number) {
    run(['mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'keystone-test', this.path]);
  }

  /** Leaves no room at all. */
  fill(): void {
    for (const size of [1 << 20, 1 << 16, 1 << 12])
      for (let at = 0; at < 2000; at++)
        try {
          writeFileSync(join(this.path, `filler-${size}-${at}`), Buffer.alloc(size));
        } catch {
          rmSync(join(this.path, `filler-${size}-${at}`), { force: true });
          break;
        }
  }

  free(): void {
    run(['sh', '-c', `rm -f ${this.path}/filler-*`]);
  }

  [Symbol.dispose](): void {
    // What still has a file open there keeps its view of it.
    run(['umount', '-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether this process may mount one. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    using disk = new SmallDisk(64);
    return disk.path !== '';
  } catch {
    return false;
  }
}

function run(words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(words);
  if (exitCode !== 0) throw new Error(`${words[0] ?? ''} failed: ${stderr.toString()}`);
}
