// Which file of a configuration a text is for that somebody names on the command line.
import { expect, test } from 'bun:test';
import { fileFor } from '../../src/cli/texts-to-send.ts';

const FILES = ['/etc/keystone/keystone.yaml', '/etc/keystone/tenants.d/shop.yaml', '/etc/keystone/old/shop.yaml'];

test.each([
  ['keystone.yaml', FILES[0]],
  ['./keystone.yaml', FILES[0]],
  ['/home/ann/next/tenants.d/shop.yaml', FILES[1]],
  ['old/shop.yaml', FILES[2]],
  // Two files are as much like it as the other.
  ['shop.yaml', null],
  ['next/shop.yaml', null],
  ['news.yaml', null],
  // A part of a name is nothing.
  ['d/stone.yaml', null],
  ['', null],
])('%p is for %p', (name, file) => {
  expect(fileFor(name, FILES)).toBe(file ?? null);
});
