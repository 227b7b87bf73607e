import { describe, expect, test } from 'bun:test';
import { type KeystoneConfig, defineConfig } from '../../src/config/define-config.ts';
import { ConfigFolder, tenantFile } from '../support/config-folder.ts';

const SERVICES = 'services: [{ name: "a", url: "http://127.0.0.1:1" }]';

const of = (text: string, name = 'keystone.config.ts') => new ConfigFolder({ [name]: text });

describe('a configuration that is a program', () => {
  test.each([
    ['an object', 'export default { tenants: [TENANT] };'],
    ['what a function returns', 'export default () => ({ tenants: [TENANT] });'],
    [
      'what an async function returns',
      'export default async () => { await Bun.sleep(1); return { tenants: [TENANT] }; };',
    ],
    [
      'typed by the package',
      "import { type KeystoneConfig, defineConfig } from 'keystone-gateway';\nexport default defineConfig({ tenants: [TENANT] });",
    ],
  ])('is %s', async (_, text) => {
    using folder = of(text.replace('TENANT', `{ name: 'a' as const, domains: ['a.test'], ${SERVICES} }`));
    expect(await folder.load('keystone.config.ts')).toEqual({ tenants: ['a'], warnings: [], problems: [] });
  });

  test('may be JavaScript, import files and include others', async () => {
    using folder = new ConfigFolder({
      'keystone.config.mjs': `import { name } from './name.mjs';\nexport default { include: ['*.yaml'], tenants: [{ name, domains: ['a.test'], ${SERVICES} }] };`,
      'name.mjs': "export const name = 'imported';",
      'b.yaml': tenantFile('b'),
    });
    expect((await folder.load('keystone.config.mjs')).tenants).toEqual(['imported', 'b']);
  });

  test('is told of by the path of the setting', async () => {
    using folder = of(
      `const one = { name: 'a', domains: ['a.test'], ${SERVICES} };\nexport default { tenats: [], tenants: [one, one, { ...one, name: 'b', path: '/x', wait: 3 }] };`,
    );
    expect((await folder.load('keystone.config.ts')).problems).toEqual([
      'keystone.config.ts tenats: unknown key (did you mean tenants?)',
      'keystone.config.ts tenants[1].name: the name "a" is taken by the tenant in tenants[0].name',
      'keystone.config.ts tenants[1].domains[0]: the host "a.test" belongs to another tenant already (tenants[0].domains[0])',
      expect.stringMatching(/^keystone\.config\.ts tenants\[2\]\.wait: unknown key, expected one of name/),
    ]);
  });

  test.each([
    ['const a = ;', /^keystone\.config\.ts:1:\d+: not a valid program: /],
    ["\n throw new Error('no luck');", /^keystone\.config\.ts:2:\d+: throws no luck$/],
    ['export default async () => { throw "words"; };', /^keystone\.config\.ts: throws words$/],
    ["import { x } from './nowhere.ts';\nexport default { x };", /^keystone\.config\.ts\S*: .*nowhere/],
    [
      'export const tenants = [];',
      /^keystone\.config\.ts: has no default export, expected export default defineConfig/,
    ],
    [
      'export default { tenants: [{ name() {} }] };',
      /^keystone\.config\.ts tenants\[0\]\.name: a function is no setting/,
    ],
    ['export default { a: new Map() };', /^keystone\.config\.ts a: an object of the class Map is no setting/],
    ['const a: any = {}; a.b = a; export default a;', /^keystone\.config\.ts b: the value is inside itself/],
    [
      'export default { limits: { header_count: NaN } };',
      /^keystone\.config\.ts limits\.header_count: NaN is no setting/,
    ],
    ['export default 3;', /^keystone\.config\.ts: 3 does not belong here, expected a map/],
    ['process.exit(3);', /^keystone\.config\.ts: cannot be run: the process that reads it has ended with 3$/],
  ])('says what is wrong with %j', async (text, problem) => {
    using folder = of(text);
    expect((await folder.load('keystone.config.ts')).problems).toEqual([expect.stringMatching(problem)]);
  });

  test('that is not there is told of as any other file', async () => {
    using folder = new ConfigFolder();
    expect((await folder.load('keystone.config.ts')).problems).toEqual(['keystone.config.ts: does not exist']);
  });

  test('has references replaced, as everywhere', async () => {
    using folder = of(
      "export default { tenants: [{ name: '${NOBODY_HAS_SET_THIS:-b}', domains: ['b.test'], services: [] }] };",
    );
    expect((await folder.load('keystone.config.ts')).tenants).toEqual(['b']);
  });
});

test('defineConfig returns what it gets', () => {
  const config: KeystoneConfig = { tenants: [{ name: 'a', services: [], timeouts: { connect: '5s' } }] };
  expect(defineConfig(config)).toBe(config);
});
