// The npm package, packed and installed into an empty folder, outside of this repository.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmod, cp, mkdir, readFile, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { Origin } from '../support/origin.ts';
import { Packed, ROOT, type Ran, ran } from '../support/packed.ts';
import { Serving } from '../support/serving.ts';
import { until } from '../support/until.ts';

const SLOW = 120_000;
const VERSION_LINE = `keystone ${manifest.version}\n`;

let packed: Packed;
let app: string;

beforeAll(async () => {
  packed = await Packed.make();
  app = await packed.install();
}, SLOW);

afterAll(async () => {
  await packed[Symbol.asyncDispose]();
});

const own = (path: string): string => join(app, 'node_modules/keystone-gateway', path);
const version = (program: string): Promise<Ran> => ran([program, 'version'], '/');
const tenant = (url: string, prefix = '/'): string =>
  `tenants: [{ name: main, path_prefix: "${prefix}", services: [{ name: only, url: "${url}" }] }]\nadmin: { address: none }\n`;

describe('the package', () => {
  test('holds what is needed and nothing else', () => {
    expect(packed.files).toEqual([
      'LICENSE',
      'README.md',
      'bin/keystone',
      'dist/index.js',
      'dist/main.js',
      'dist/types/config/config-input.d.ts',
      'dist/types/config/define-config.d.ts',
      'dist/types/index.d.ts',
      'dist/without-bun.js',
      'package.json',
      'schema/keystone.schema.json',
      'scripts/bun.sh',
    ]);
  });

  test('names no place of the machine that it was made on, and no registry', async () => {
    const texts = await Promise.all(packed.files.map((file) => readFile(own(file), 'utf8')));
    const named = packed.files.filter(
      (_, at) => texts[at]?.includes(ROOT) || /:\/\/[^/\s]*registry/.test(texts[at] ?? ''),
    );
    expect(named).toEqual([]);
  });
});

describe('the command of the package', () => {
  test('says its version, from the link of a local install and through npx', async () => {
    expect(await version(join(app, 'node_modules/.bin/keystone'))).toEqual({ code: 0, out: VERSION_LINE, errors: '' });
    expect(await ran(['npx', '--no-install', 'keystone', 'version'], app)).toMatchObject({
      code: 0,
      out: VERSION_LINE,
    });
    expect(await ran(['npx', '--no-install', 'keystone-gateway', 'version'], app)).toMatchObject({ out: VERSION_LINE });
  });

  test('has the licences of all that it brings', async () => {
    const { out } = await ran([join(app, 'node_modules/.bin/keystone'), 'version', '--licences'], '/');
    const libraries =
      'ajv ajv-formats fast-deep-equal fast-uri http-cache-semantics json-schema-traverse opentelemetry preact re2js uplot yaml zod'.split(
        ' ',
      );
    expect([...(out.match(/^== .+ ==$/gm) ?? [])]).toEqual(
      ['Keystone Gateway', 'Bun', ...libraries].map((name) => `== ${name} ==`),
    );
  });

  test('checks, serves, reads its configuration again and ends', async () => {
    using origin = new Origin('a');
    const program = join(app, 'node_modules/.bin/keystone');
    const file = join(app, 'keystone.yaml');
    await writeFile(file, tenant(origin.url));
    expect(await ran([program, 'check', '--config', file], '/')).toMatchObject({ code: 0 });
    await using gateway = await Serving.start([program], file);
    expect((await fetch(`${gateway.url}/`)).status).toBe(200);
    await writeFile(file, tenant(origin.url, '/api/'));
    gateway.child.kill('SIGHUP');
    await until(() => gateway.errors.includes('configuration reloaded'), 'it has read the file again');
    expect((await fetch(`${gateway.url}/`)).status).toBe(404);
    gateway.child.kill('SIGTERM');
    expect(await gateway.child.exited).toBe(0);
  });

  test('runs a configuration that is a program', async () => {
    const file = join(app, 'keystone.config.ts');
    const config = "{ tenants: [{ name: 'a', path_prefix: '/', services: [] }] }";
    await writeFile(
      file,
      `import { defineConfig } from 'keystone-gateway';\nexport default defineConfig(${config});\n`,
    );
    const { code, out } = await ran([join(app, 'node_modules/.bin/keystone'), 'check', '--config', file], '/');
    expect([code, out]).toEqual([0, expect.stringContaining('is valid: 1 tenant')]);
  });

  test.each<[string, (folder: string) => Promise<string>]>([
    ['into the package, as npm does for one version among others', nested],
    ['behind links, as pnpm does', linked],
    ['globally', globally],
    ['moved by its own install script', scripted],
  ])('finds its runtime where it was put %s', async (name, lay) => {
    let program = '';
    await packed.laid(`laid ${name}`, async (folder) => {
      program = await lay(folder);
    });
    expect(await version(program)).toEqual({ code: 0, out: VERSION_LINE, errors: '' });
  });

  test('says what to do where its runtime is missing', async () => {
    let program = '';
    await packed.laid('without', async (folder) => {
      await cp(own('.'), join(folder, 'node_modules/keystone-gateway'), { recursive: true });
      program = join(folder, 'node_modules/keystone-gateway/bin/keystone');
    });
    const { code, out, errors } = await version(program);
    expect({ code, out }).toEqual({ code: 69, out: '' });
    expect(errors).toMatch(/^keystone: its runtime for this machine is not installed: the package @oven\/bun-\w+-\w+/);
    expect(errors).toContain('Install keystone-gateway again, on this machine and with optional dependencies');
  });
});

// What is installed is moved by links, since the runtime has 100 MB.
const modules = (name: string): string => join(app, 'node_modules', name);
const place = async (from: string, to: string): Promise<void> => {
  await mkdir(join(to, '..'), { recursive: true });
  await symlink(from, to);
};

// All that it depends on, but for its runtime.
async function placeOthers(home: string): Promise<void> {
  for (const name of await readdir(join(app, 'node_modules'))) {
    if (!/^(\.|bun$|@oven$|keystone-gateway$)/.test(name)) await place(modules(name), join(home, name));
  }
}

async function nested(folder: string): Promise<string> {
  const home = join(folder, 'node_modules/keystone-gateway');
  await cp(own('.'), home, { recursive: true });
  await placeOthers(join(home, 'node_modules'));
  await cp(modules('bun'), join(home, 'node_modules/bun'), { recursive: true });
  await place(modules('@oven'), join(home, 'node_modules/@oven'));
  // Another version, which somebody else wants, is nearer to the root.
  await mkdir(join(folder, 'node_modules/bun/bin'), { recursive: true });
  return join(home, 'bin/keystone');
}

async function linked(folder: string): Promise<string> {
  const store = join(folder, 'node_modules/.pnpm');
  const home = join(store, 'keystone-gateway/node_modules');
  await cp(own('.'), join(home, 'keystone-gateway'), { recursive: true });
  await placeOthers(home);
  await cp(modules('bun'), join(store, 'bun/node_modules/bun'), { recursive: true });
  await place(modules('@oven'), join(store, 'bun/node_modules/@oven'));
  await place('../../bun/node_modules/bun', join(home, 'bun'));
  await place('.pnpm/keystone-gateway/node_modules/keystone-gateway', join(folder, 'node_modules/keystone-gateway'));
  return join(folder, 'node_modules/keystone-gateway/bin/keystone');
}

async function globally(folder: string): Promise<string> {
  await place(app, join(folder, 'lib'));
  await place('../lib/node_modules/keystone-gateway/bin/keystone', join(folder, 'bin/keystone'));
  return join(folder, 'bin/keystone');
}

async function scripted(folder: string): Promise<string> {
  const home = join(folder, 'node_modules');
  await cp(own('.'), join(home, 'keystone-gateway'), { recursive: true });
  await placeOthers(home);
  await cp(modules('bun'), join(home, 'bun'), { recursive: true });
  const program = join(home, 'bun/bin/bun.exe');
  await rename(program, `${program}.before`);
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  await chmod(program, 0o755);
  return join(home, 'keystone-gateway/bin/keystone');
}

describe('a program that imports the package', () => {
  test('has a gateway inside, as in the example of the guide', async () => {
    const text = await readFile(join(ROOT, 'examples/embedding.ts'), 'utf8');
    const code = text.slice(text.indexOf('\n') + 1);
    expect(await readFile(join(ROOT, 'docs/guide/embedding.md'), 'utf8')).toContain(code.trim());
    await writeFile(join(app, 'embedding.ts'), text);
    const { code: exit, out, errors } = await ran([process.execPath, '--no-install', 'embedding.ts'], app);
    expect({ exit, errors }).toEqual({ exit: 0, errors: '' });
    expect(out.split('\n').slice(0, 5)).toEqual([
      'origin: /cart',
      '[ "shop healthy" ]',
      '[ "shop path_prefix + /, - /shop/" ]',
      'origin: /cart',
      '[ "tenants[0]: must specify domains, path_prefix or path" ]',
    ]);
  });

  test('in Node.js is told that a gateway needs Bun, and can make configurations', async () => {
    const code = `import { createGateway, defineConfig } from 'keystone-gateway';
      console.log(Object.keys(defineConfig({ tenants: [] })).join());
      await createGateway({}).catch((error) => console.log(error.message));`;
    const { out } = await ran(['node', '--input-type=module', '-e', code], app);
    expect(out).toBe('tenants\ncreateGateway needs Bun as the runtime: run this program with bun\n');
  });
});

describe('the types of the package', () => {
  const compile = async (name: string, text: string, more: object = {}): Promise<Ran> => {
    const folder = join(app, `types-${name}`);
    await mkdir(folder);
    await writeFile(join(folder, 'program.ts'), text);
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const plain = { noEmit: true, skipLibCheck: false, target: 'es2022', lib: ['es2022'], types: [] };
    const compilerOptions = { ...strict, ...plain, module: 'nodenext', moduleResolution: 'nodenext', ...more };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    return await ran([join(ROOT, 'node_modules/.bin/tsc'), '--project', folder], app);
  };
  const accepted = { code: 0, out: '', errors: '' };
  const USE = `import { createGateway, defineConfig, type Gateway, type TenantInput } from 'keystone-gateway';
    const tenant: TenantInput = { name: 'a', domains: 'a.test', services: [{ name: 'a', url: 'http://127.0.0.1:1' }] };
    export const config = defineConfig({ timeouts: { connect: '5s', idle: 60 }, tenants: [tenant] });
    export const start = (): Promise<Gateway> => createGateway(config, { address: '127.0.0.1:0' });
    export const later = defineConfig(async () => ({ limits: { body_bytes: 'none' as const }, tenants: [tenant] }));
  `;

  test.each([
    ['nodenext', {}],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('suit a strict program without any other types: %s', async (name, options) => {
    expect(await compile(name, USE, options)).toEqual(accepted);
  });

  test.each([
    ['a duration without a unit that exists', "{ timeouts: { connect: '5 sec' } }"],
    ['a key that does not exist', '{ tenats: [] }'],
    ['a balancer that does not exist', "{ tenants: [{ name: 'a', services: [], balance: 'roundrobin' }] }"],
    ['a service without a URL', "{ tenants: [{ name: 'a', services: [{ name: 'a' }] }] }"],
  ])('refuse %s', async (name, config) => {
    const { code } = await compile(
      name.replaceAll(' ', '-'),
      `import { defineConfig } from 'keystone-gateway';\ndefineConfig(${config});`,
    );
    expect(code).not.toBe(0);
  });

  test('take every example of a configuration, and the one of a program', async () => {
    const names = (await readdir(join(ROOT, 'examples'))).filter((name) => name.endsWith('.yaml'));
    const texts = await Promise.all(names.map((name) => readFile(join(ROOT, 'examples', name), 'utf8')));
    const calls = texts.map((text) => `defineConfig(${JSON.stringify(parse(text, { merge: true }))});`);
    const imports = "import { defineConfig } from 'keystone-gateway';";
    expect(await compile('examples', [imports, ...calls].join('\n'))).toEqual(accepted);
    const bundler = { module: 'esnext', moduleResolution: 'bundler' };
    const bun = {
      ...bundler,
      types: ['bun'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      skipLibCheck: true,
      lib: ['esnext'],
    };
    const example = await readFile(join(ROOT, 'examples/embedding.ts'), 'utf8');
    expect(await compile('embedding', example, bun)).toEqual(accepted);
  });
});
