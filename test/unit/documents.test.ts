// Every YAML block of README and the guides is a configuration that is accepted: whole, or as a part in its place.
import { describe, expect, test } from 'bun:test';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';

const ROOT = join(import.meta.dirname, '../..');
const guides = readdirSync(join(ROOT, 'docs/guide')).filter((file) => file.endsWith('.md'));
const documents = ['README.md', ...guides.map((file) => `docs/guide/${file}`)];

type Block = { readonly place: string; readonly text: string };

function blocksOf(file: string): readonly Block[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return Array.from(text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm), (match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    text: match[1] ?? '',
  }));
}

// What is indented belongs to a tenant.
function inItsPlace(text: string): string {
  if (!text.startsWith('    ')) return text;
  const services = /^ {4}services:/m.test(text) ? '' : '    services: [{ name: a, url: "http://10.0.0.1:3000" }]\n';
  return `tenants:\n  - name: shop\n    domains: [shop.example.com]\n${services}${text}`;
}

const blocks = documents.flatMap(blocksOf);
const names = blocks.flatMap(({ text }) => Array.from(text.matchAll(/\$\{(\w+)/g), (match) => match[1] ?? ''));
const env = Object.fromEntries(names.map((name) => [name, 'a-text-that-is-long-enough']));

describe('the YAML of the documents', () => {
  test('is found', () => {
    expect(blocks.length).toBeGreaterThan(15);
  });

  test.each(blocks.map(({ place, text }) => [place, text] as const))('%s is accepted', (place, text) => {
    const parsed = parseConfig({ file: place, text: inItsPlace(text), env });
    expect(parsed.ok ? [] : parsed.error.map(formatProblem)).toEqual([]);
  });
});
