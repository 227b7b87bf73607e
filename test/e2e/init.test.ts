// keystone init: what it writes is right, and nothing is lost by it.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { parseOrigin } from '../../src/cli/starter.ts';
import { ConfigFolder } from '../support/config-folder.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

const inFolder = (folder: ConfigFolder) => (words: readonly string[]) => keystone(words, { cwd: folder.path });

describe('keystone init', () => {
  test.each([
    [[], ['main / http://127.0.0.1:3000']],
    [['http://127.0.0.1:3000'], ['main / http://127.0.0.1:3000']],
    [
      ['http://10.0.0.1:1', 'api=http://10.0.0.2:2/v1', 'http://10.0.0.3:3'],
      ['api /api/ http://10.0.0.2:2/v1', 'main / http://10.0.0.1:1 http://10.0.0.3:3'],
    ],
    [
      ['shop.example.com=https://10.0.0.1', 'shop.example.com=https://10.0.0.2'],
      ['shop.example.com shop.example.com https://10.0.0.1 https://10.0.0.2'],
    ],
    [
      ['http://10.0.0.1:1', 'main=http://10.0.0.2:2', 'A.test=http://10.0.0.3', 'a.test=http://10.0.0.4'],
      ['main /main/ http://10.0.0.2:2', 'a.test a.test http://10.0.0.3 http://10.0.0.4', 'main-2 / http://10.0.0.1:1'],
    ],
    [['*.example.com=unix:/run/app.sock'], ['any.example.com *.example.com unix:/run/app.sock']],
  ])('for %j passes check', async (origins, tenants) => {
    using folder = new ConfigFolder();
    const command = inFolder(folder);
    expect(await command(['init', ...origins])).toMatchObject({ code: 0, errors: '' });
    expect(readFileSync(folder.at('keystone.yaml'), 'utf8')).toStartWith(
      '# yaml-language-server: $schema=./keystone.schema.json\n',
    );
    expect(JSON.parse(readFileSync(folder.at('keystone.schema.json'), 'utf8'))).toHaveProperty('properties.tenants');
    const checked = await command(['check', '--json']);
    const { valid, warnings, ...read } = JSON.parse(checked.out);
    expect([valid, warnings]).toEqual([true, []]);
    type Read = { name: string; domains: string[]; path_prefixes: string[]; services: { url: string }[] };
    const seen = (read.tenants as Read[]).map(({ name, domains, path_prefixes: prefixes, services }) =>
      [name, ...domains, ...prefixes, ...services.map(({ url }) => url)].join(' '),
    );
    expect(seen).toEqual(tenants);
  });

  test('writes what serves at once', async () => {
    using a = new Origin('a');
    using folder = new ConfigFolder();
    expect((await inFolder(folder)(['init', a.url])).out).toContain('Next: keystone check && keystone run\n');
    folder.write({
      'keystone.yaml': `${readFileSync(folder.at('keystone.yaml'), 'utf8')}admin: { address: "127.0.0.1:0" }\n`,
    });
    await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('never overwrites, and writes elsewhere where that is said', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': 'tenants: []\n', 'keystone.schema.json': 'mine' });
    const command = inFolder(folder);
    const refused = await command(['init', 'http://127.0.0.1:3000']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.errors).toBe(
      'keystone init: keystone.yaml is not written: it is there already, and is left as it is; --output FILE names another\n',
    );
    expect(readFileSync(folder.at('keystone.yaml'), 'utf8')).toBe('tenants: []\n');
    const other = await command(['init', 'http://127.0.0.1:3000', '--output', 'other.yaml']);
    expect(other).toMatchObject({
      code: 0,
      out: 'wrote other.yaml\nNext: keystone check --config other.yaml && keystone run --config other.yaml\n',
    });
    expect(readFileSync(folder.at('keystone.schema.json'), 'utf8')).toBe('mine');
    expect((await command(['check', '-c', 'other.yaml'])).code).toBe(0);
    const printed = await command(['init', '--output', '-', 'http://127.0.0.1:3000']);
    expect(printed.out).toBe(readFileSync(folder.at('other.yaml'), 'utf8'));
    expect((await command(['init', '--output', 'no/where.yaml'])).code).toBe(1);
  });

  test.each([
    ['localhost:3000', 'did you mean http://localhost:3000?'],
    [':3000', 'did you mean http://127.0.0.1:3000?'],
    ['3000', 'did you mean http://127.0.0.1:3000?'],
    ['api=4000', 'did you mean api=http://127.0.0.1:4000?'],
    ['ftp://x', 'expected a URL such as http://127.0.0.1:3000'],
    ['a b=http://x', '"a b" is neither a name nor a host'],
    ['.x=http://x', '".x" is neither a name nor a host'],
  ])('says what %j should have been', (word, text) => {
    const origin = parseOrigin(word);
    expect(origin.ok ? '' : origin.error).toContain(text);
  });

  test('writes nothing where it has not understood', async () => {
    using folder = new ConfigFolder();
    const { code, errors } = await inFolder(folder)(['init', 'http://127.0.0.1:3000', 'nonsense']);
    expect([code, errors]).toEqual([2, expect.stringMatching(/^keystone init: "nonsense" is no origin: /)]);
    expect(existsSync(folder.at('keystone.yaml'))).toBe(false);
  });
});
