import { describe, expect, test } from 'bun:test';
import { symlinkSync } from 'node:fs';
import { ConfigFolder, tenantFile } from '../support/config-folder.ts';

const MAIN = 'include: ["tenants.d/*.yaml"]\n';

describe('included files', () => {
  test('add their tenants in the order of their names, after those of the main file', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${MAIN}${tenantFile('main')}`,
      'tenants.d/b.yaml': tenantFile('b'),
      'tenants.d/a.yaml': tenantFile('a'),
      'tenants.d/c.yml': tenantFile('c'),
      'tenants.d/.d.yaml': tenantFile('d'),
    });
    expect(await folder.load()).toEqual({ tenants: ['main', 'a', 'b'], warnings: [], problems: [] });
  });

  test('are read once, in the order of the globs, whoever names them', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': 'include: [tenants.d/b.yaml, "tenants.d/*", "tenants.d/[ab].yaml", "**/deep.yaml"]\n',
      'tenants.d/a.yaml': tenantFile('a'),
      'tenants.d/b.yaml': tenantFile('b'),
      'x/y/deep.yaml': tenantFile('deep'),
    });
    expect(await folder.load()).toEqual({ tenants: ['b', 'a', 'deep'], warnings: [], problems: [] });
  });

  test('may be one, named by a text', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'include: a.yaml\n', 'a.yaml': tenantFile('a') });
    expect((await folder.load()).tenants).toEqual(['a']);
  });

  test('have the defaults of the main file, and fragments of their own', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${MAIN}defaults: { retry: { attempts: 99 } }\n`,
      'tenants.d/a.yaml': `x-hosts: &hosts [a.test]\ntenants:\n  - { name: a, domains: *hosts, services: [] }\n`,
    });
    expect((await folder.load()).problems).toEqual([
      'keystone.yaml:2:32 defaults.retry.attempts: 99 is out of range, expected a whole number from 0 to 10',
    ]);
  });

  test('may be links, as in a ConfigMap of Kubernetes', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': MAIN, 'tenants.d/..2026/a.yaml': tenantFile('a') });
    symlinkSync('..2026', folder.at('tenants.d/..data'));
    symlinkSync('..data/a.yaml', folder.at('tenants.d/a.yaml'));
    expect(await folder.load()).toEqual({ tenants: ['a'], warnings: [], problems: [] });
  });

  test('are told of with their own file, line and column', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${MAIN}${tenantFile('main', '    wight: 3\n')}`,
      'tenants.d/a.yaml': tenantFile('a', '    domain: [x.test]\n'),
      'tenants.d/b.yaml': 'tenants:\n  - name: [b\n',
      'tenants.d/c.yaml': '',
      'tenants.d/d.yaml': 'listeners: [{ address: ":80" }]\ninclude: [x.yaml]\ntenants: { name: d }\n',
      'tenants.d/e.yaml': '- name: e\n',
    });
    symlinkSync('nowhere', folder.at('tenants.d/f.yaml'));
    expect((await folder.load()).problems).toEqual([
      expect.stringMatching(/^keystone\.yaml:6:5 tenants\[0\]\.wight: unknown key/),
      'tenants.d/a.yaml:5:5 tenants[0].domain: unknown key (did you mean domains?)',
      expect.stringMatching(/^tenants\.d\/b\.yaml:2:11: not valid YAML/),
      'tenants.d/c.yaml: is empty, expected settings, such as "tenants:"',
      'tenants.d/d.yaml:1:1 listeners: an included file has "tenants" alone, expected this key in the main file, for all tenants, or inside of a tenant',
      'tenants.d/d.yaml:2:1 include: an included file cannot include others, expected this glob in "include" of the main file',
      'tenants.d/d.yaml:3:10 tenants: a map does not belong here, expected a list of tenants',
      'tenants.d/e.yaml:1:1: a list does not belong here, expected a map with "tenants:" alone, as in a file of its own',
      'tenants.d/f.yaml: does not exist',
    ]);
  });

  test('are compared with one another, and both places are named', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${MAIN}${tenantFile('main')}`,
      'tenants.d/a.yaml': tenantFile('a', '  - { name: other, domains: [b.test] }\n'),
      'tenants.d/b.yaml': tenantFile(
        'b',
        '  - { name: main, domains: [c.test] }\n  - { name: b, domains: [e.test] }\n',
      ),
    });
    expect((await folder.load()).problems).toEqual([
      'tenants.d/b.yaml:3:15 tenants[0].domains[0]: the host "b.test" belongs to another tenant already (line 5 of tenants.d/a.yaml)',
      'tenants.d/b.yaml:5:13 tenants[1].name: the name "main" is taken by the tenant in line 3 of keystone.yaml',
      'tenants.d/b.yaml:6:13 tenants[2].name: the name "b" is taken by the tenant in line 2',
    ]);
  });

  test('that a glob does not find are a warning, and those that a path does not find a mistake', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'include: ["tenants.d/*.yaml"]\n' });
    expect(await folder.load()).toEqual({
      tenants: [],
      warnings: [
        'keystone.yaml:1:11 include[0]: warning: "tenants.d/*.yaml" matches no file: no tenant comes from there',
      ],
      problems: [],
    });
    folder.write({ 'keystone.yaml': 'include:\n  - shop.yaml\n' });
    expect((await folder.load()).problems).toEqual(['keystone.yaml:2:5 include[0]: "shop.yaml" does not exist']);
  });

  test('are not the main file itself, nor a directory', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': 'include:\n  - "*.yaml"\n  - tenants.d/\n',
      'a.yaml': tenantFile('a'),
    });
    expect((await folder.load()).problems).toEqual([
      'keystone.yaml:2:5 include[0]: "*.yaml" matches this file itself, expected other files, such as "tenants.d/*.yaml"',
      'keystone.yaml:3:5 include[1]: "tenants.d/" is a directory, expected a path such as "tenants.d/*.yaml" (did you mean tenants.d/*.yaml?)',
    ]);
  });

  test('are no larger together than one file may be', async () => {
    const large = `# ${'x'.repeat(9 * 1024 * 1024)}\n`;
    using folder = new ConfigFolder({ 'keystone.yaml': MAIN, 'tenants.d/a.yaml': large, 'tenants.d/b.yaml': large });
    expect((await folder.load()).problems).toEqual([
      'keystone.yaml:1:1 include: the files together are larger than 16MiB',
    ]);
  });
});
