// A folder with the files of a configuration.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configFiles } from '../../src/cli/config-files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { realWorld } from '../../src/world.ts';

type Texts = Readonly<Record<string, string>>;

/** Files by their names below the folder. Disposing removes all. */
export class ConfigFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'keystone-config-'));

  constructor(texts: Texts = {}) {
    this.write(texts);
  }

  write(texts: Texts): void {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(this.at(name)), { recursive: true });
      writeFileSync(this.at(name), text);
    }
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** Loads its configuration. Places in messages are those below the folder. */
  async load(main = 'keystone.yaml') {
    const { environment, ...world } = realWorld();
    const loaded = await loadConfig(this.at(main), environment, configFiles(world));
    if (!loaded.ok)
      return { tenants: [], warnings: [], problems: loaded.error.map((one) => this.shown(formatProblem(one))) };
    const { config, warnings } = loaded.value;
    return {
      tenants: config.tenants.map(({ name }) => name),
      warnings: warnings.map((one) => this.shown(formatProblem(one))),
      problems: [],
    };
  }

  private shown(text: string): string {
    return text.replaceAll(`${this.path}/`, '');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A file with one tenant of that name, and a host of its name. */
export function tenantFile(name: string, more = ''): string {
  return `tenants:\n  - name: ${name}\n    domains: [${name}.test]\n    services: [{ name: a, url: "http://127.0.0.1:1" }]\n${more}`;
}
