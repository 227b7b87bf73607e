// The files that say how a machine resolves names.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParsedFile, namesOtherSources, parseHosts, parseSearch, spellingsOf } from '../../src/world/resolver-files.ts';

describe('a hosts file', () => {
  test('gives names in any case, both kinds of address, and no comments', () => {
    const hosts = parseHosts(
      '127.0.0.1\tlocalhost App.test # here\n::1 localhost\n#127.0.0.2 app.test\n10.0.0.1 app.test\n',
    );
    expect(hosts.get('app.test')).toEqual({ 4: ['127.0.0.1', '10.0.0.1'], 6: [] });
    expect(hosts.get('localhost')).toEqual({ 4: ['127.0.0.1'], 6: ['::1'] });
    expect(hosts.get('here')).toBeUndefined();
  });

  test('is read again when it has changed, and only then', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const path = join(directory, 'hosts');
    let reads = 0;
    const read = async (from: string): Promise<string> => {
      reads++;
      return await Bun.file(from).text();
    };
    const file = new ParsedFile(path, read, (text) => text);
    await writeFile(path, 'one');
    expect([await file.current(), await file.current(), reads]).toEqual(['one', 'one', 1]);
    await writeFile(path, 'another');
    expect([await file.current(), reads]).toEqual(['another', 2]);
    await rm(path);
    expect([await file.current(), reads]).toEqual(['', 2]);
    await rm(directory, { recursive: true });
  });

  test('that cannot be read just now is as it was, and is tried again', async () => {
    let isReadable = true;
    let reads = 0;
    const read = (): Promise<string> => {
      reads++;
      return isReadable ? Promise.resolve(`text ${reads}`) : Promise.reject(new Error('EMFILE'));
    };
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const path = join(directory, 'hosts');
    await writeFile(path, '1');
    const file = new ParsedFile(path, read, (text) => text);
    expect(await file.current()).toBe('text 1');
    isReadable = false;
    await writeFile(path, '22');
    expect([await file.current(), await file.current()]).toEqual(['text 1', 'text 1']);
    isReadable = true;
    expect(await file.current()).toBe('text 4');
    await rm(directory, { recursive: true });
  });
});

describe('a short name', () => {
  const pod = parseSearch(
    'nameserver 10.0.0.10\nsearch shop.svc.cluster.local svc.cluster.local.\noptions ndots:5 timeout:1\n',
  );

  test('is asked for in the domains that are searched, and then as it is', () => {
    expect(spellingsOf('app', pod)).toEqual(['app.shop.svc.cluster.local.', 'app.svc.cluster.local.', 'app']);
  });

  test('is asked for as it is first where it has as many dots as `ndots` says', () => {
    const rules = parseSearch('domain example.com # ours\n');
    expect(spellingsOf('app', rules)).toEqual(['app.example.com.', 'app']);
    expect(spellingsOf('app.example.net', rules)).toEqual(['app.example.net', 'app.example.net.example.com.']);
  });

  test.each([
    ['', { domains: [], dots: 1 }],
    ['search a.test\nsearch b.test\n', { domains: ['b.test'], dots: 1 }],
    ['options ndots:0\n; options ndots:9\n', { domains: [], dots: 0 }],
    ['options ndots:99\n', { domains: [], dots: 15 }],
    ['options ndots:x\n', { domains: [], dots: 1 }],
  ])('means by %j: %j', (text, rules) => {
    expect(parseSearch(text)).toEqual(rules);
  });
});

test.each([
  ['hosts: files dns\n', false],
  ['passwd: files systemd\n', false],
  ['', false],
  ['hosts: files dns [NOTFOUND=return] # mdns\n', false],
  ['hosts:\tfiles mdns4_minimal [NOTFOUND=return] dns\n', true],
  ['hosts: files myhostname resolve [!UNAVAIL=return] dns\n', true],
])('sources of names beside files and DNS in %j: %p', (text, expected) => {
  expect(namesOtherSources(text)).toBe(expected);
});
