// keystone run --watch: every way in which files are changed, with real files; by the system's events alone, by looking from
// time to time alone, and with the real program.
import { describe, expect, test } from 'bun:test';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { FileWatch } from '../../src/world/file-watch.ts';
import { configFiles } from '../../src/cli/config-files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { FileWitness } from '../../src/config/seen-files.ts';
import { millis } from '../../src/core/units.ts';
import { realWorld } from '../../src/world.ts';
import { stampOf } from '../../src/world/look-at-files.ts';
import { ConfigFolder, tenantFile } from '../support/config-folder.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { until } from '../support/until.ts';

const WAYS = {
  events: { hasEvents: true, betweenLooks: millis(60_000) },
  looks: { hasEvents: false, betweenLooks: millis(40) },
} as const;

/** Reads a configuration, and again whenever the watch says so. */
class Watched implements AsyncDisposable {
  /** The names of the tenants, or null where the configuration had problems; one for each time it was read. */
  readonly reads: (string | null)[] = [];
  private readonly world = realWorld();
  private running: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: ConfigFolder,
    private watch: FileWatch | null,
  ) {}

  static async start(folder: ConfigFolder, way: keyof typeof WAYS): Promise<Watched> {
    const watched = new Watched(folder, null);
    const seen = await watched.read();
    const tools = { clock: watched.world.clock, reload: () => watched.reload(), ...WAYS[way] };
    watched.watch = new FileWatch(seen, tools);
    watched.running = watched.watch.run();
    return watched;
  }

  get latest(): string | null | undefined {
    return this.reads.at(-1);
  }

  private async reload(): Promise<void> {
    this.watch?.follow(await this.read());
  }

  private async read() {
    const witness = new FileWitness(configFiles(this.world), stampOf);
    const loaded = await loadConfig(this.folder.at('keystone.yaml'), process.env, witness.through);
    const names = (all: readonly { readonly name: string; readonly domains: readonly string[] }[]) =>
      all.map(({ name, domains }) => `${name}=${domains.join()}`).join(' ');
    this.reads.push(loaded.ok ? names(loaded.value.config.tenants) : null);
    return witness.seen;
  }

  async becomes(wanted: string | null): Promise<void> {
    await until(() => this.latest === wanted, `${String(wanted)} is read, not ${String(this.latest)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch?.stop();
    await this.running;
  }
}

const one = (host: string) => `tenants: [{ name: a, domains: [${host}], services: [] }]\n`;

describe.each(['events', 'looks'] as const)('a change that is found by %s', (way) => {
  test('may be a write in place, or a file that takes the place of another', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': one('h1') });
    await using watched = await Watched.start(folder, way);
    writeFileSync(folder.at('keystone.yaml'), one('h2'));
    await watched.becomes('a=h2');
    writeFileSync(folder.at('.new'), one('h3'));
    renameSync(folder.at('.new'), folder.at('keystone.yaml'));
    await watched.becomes('a=h3');
    writeFileSync(folder.at('keystone.yaml'), one('h4'));
    await watched.becomes('a=h4');
    expect(watched.reads).toEqual(['a=h1', 'a=h2', 'a=h3', 'a=h4']);
  });

  test('may be a swap of links, as of a ConfigMap', async () => {
    using folder = new ConfigFolder({ '..1/keystone.yaml': one('h1') });
    symlinkSync('..1', folder.at('..data'));
    symlinkSync('..data/keystone.yaml', folder.at('keystone.yaml'));
    await using watched = await Watched.start(folder, way);
    for (const [version, before] of [
      ['2', '1'],
      ['3', '2'],
    ]) {
      folder.write({ [`..${version}/keystone.yaml`]: one(`h${version}`) });
      symlinkSync(`..${version}`, folder.at('..data_tmp'));
      renameSync(folder.at('..data_tmp'), folder.at('..data'));
      rmSync(folder.at(`..${before}`), { recursive: true });
      await watched.becomes(`a=h${version}`);
    }
    expect(watched.reads).toEqual(['a=h1', 'a=h2', 'a=h3']);
  });

  test('may be a file that a link leads to, in another folder', async () => {
    using folder = new ConfigFolder({ 'far/away.yaml': one('h1') });
    symlinkSync('far/away.yaml', folder.at('keystone.yaml'));
    await using watched = await Watched.start(folder, way);
    writeFileSync(folder.at('far/away.yaml'), one('h2'));
    await watched.becomes('a=h2');
  });

  test('may be an included file: changed, new, or gone', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'include: ["t/*/*.yaml"]\n', 't/x/a.yaml': tenantFile('a') });
    await using watched = await Watched.start(folder, way);
    folder.write({ 't/x/b.yaml': tenantFile('b') });
    await watched.becomes('a=a.test b=b.test');
    folder.write({ 't/x/b.yaml': tenantFile('bb') });
    await watched.becomes('a=a.test bb=bb.test');
    unlinkSync(folder.at('t/x/a.yaml'));
    await watched.becomes('bb=bb.test');
  });

  test('may be a secret', async () => {
    using folder = new ConfigFolder({ secret: 'h1' });
    folder.write({
      'keystone.yaml': `tenants: [{ name: a, domains: ["\${file:${folder.at('secret')}}"], services: [] }]\n`,
    });
    await using watched = await Watched.start(folder, way);
    writeFileSync(folder.at('secret'), 'h2');
    await watched.becomes('a=h2');
  });

  test('may be a folder that vanishes and comes back', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'include: ["t/*.yaml"]\n', 't/a.yaml': tenantFile('a') });
    await using watched = await Watched.start(folder, way);
    rmSync(folder.at('t'), { recursive: true });
    await watched.becomes('');
    mkdirSync(folder.at('t'));
    folder.write({ 't/b.yaml': tenantFile('b') });
    await watched.becomes('b=b.test');
    folder.write({ 't/b.yaml': tenantFile('c') });
    await watched.becomes('c=c.test');
  });

  test('is found after a configuration that had problems, and that was not there', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'include: [t.yaml]\n', 't.yaml': tenantFile('a') });
    await using watched = await Watched.start(folder, way);
    writeFileSync(folder.at('t.yaml'), 'tenants: [');
    await watched.becomes(null);
    writeFileSync(folder.at('t.yaml'), tenantFile('b'));
    await watched.becomes('b=b.test');
    unlinkSync(folder.at('keystone.yaml'));
    await watched.becomes(null);
    writeFileSync(folder.at('keystone.yaml'), 'include: [t.yaml]\n');
    await watched.becomes('b=b.test');
  });

  test('is read when a burst of them is over', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': one('h0') });
    await using watched = await Watched.start(folder, way);
    for (let at = 1; at <= 40; at++) {
      writeFileSync(folder.at('keystone.yaml'), at === 40 ? one('h40') : `tenants: [ # ${at}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await watched.becomes('a=h40');
    expect(watched.reads).toEqual(['a=h0', 'a=h40']);
  });

  test('while it is being read is read again', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': one('h1') });
    await using watched = await Watched.start(folder, way);
    writeFileSync(folder.at('keystone.yaml'), one('h2'));
    await until(() => watched.reads.length > 1, 'it is read');
    writeFileSync(folder.at('keystone.yaml'), one('h3'));
    await watched.becomes('a=h3');
  });
});

test('a file that has not changed is not read again', async () => {
  using folder = new ConfigFolder({ 'keystone.yaml': one('h1') });
  await using watched = await Watched.start(folder, 'events');
  // Events without a change of a file of the configuration.
  for (let at = 0; at < 20; at++) folder.write({ [`log/${at}`]: 'x', other: String(at) });
  writeFileSync(folder.at('keystone.yaml'), one('h2'));
  await watched.becomes('a=h2');
  expect(watched.reads).toEqual(['a=h1', 'a=h2']);
});

test('the program reloads when its files change, and says why', async () => {
  using folder = new ConfigFolder({
    'keystone.yaml': 'include: ["t/*.yaml"]\nlog: { format: text }\nadmin: { address: "127.0.0.1:0" }\n',
    't/a.yaml': tenantFile('a'),
  });
  await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0', '--watch']);
  folder.write({ 't/b.yaml': tenantFile('b') });
  await until(() => gateway.errors.includes('added_names=b'), 'it has reloaded');
  expect(gateway.errors).toMatch(/msg="configuration reloaded" .*source=watch/);
  folder.write({ 't/b.yaml': 'tenants: [' });
  await until(() => gateway.errors.includes('reload refused'), 'it has refused a broken one');
  folder.write({ 't/b.yaml': tenantFile('bb') });
  await until(() => gateway.errors.includes('added_names=bb'), 'it has reloaded again');
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});
