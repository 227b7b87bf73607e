// Every YAML block of README and the guides is a configuration that is accepted: whole, or as a part in its place. Every link
// of a document leads somewhere.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['docs/guide', 'docs/design', 'docs/adr', 'docs/reference', 'bench/results'];
const AT_TOP = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const documents = [...AT_TOP, ...FOLDERS.flatMap(documentsIn)];

function documentsIn(folder: string): readonly string[] {
  const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.md'));
  return files.map((file) => `${folder}/${file}`);
}

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

  test('has no other name, by which it would not be looked at', () => {
    const others = documents.flatMap((file) =>
      Array.from(
        readFileSync(join(ROOT, file), 'utf8').matchAll(/^```yml\n(.*)$/gm),
        ([, first]) => `${file}: ${first}`,
      ),
    );
    expect(others).toEqual(['docs/guide/metrics.md: # prometheus.yml']);
  });

  test.each(blocks.map(({ place, text }) => [place, text] as const))('%s is accepted', (place, text) => {
    const parsed = parseConfig({ file: place, text: inItsPlace(text), env });
    expect(parsed.ok ? [] : parsed.error.map(formatProblem)).toEqual([]);
  });
});

const FENCED = /^```[^]*?^```$/gm;
const LINK = /\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g;

// As GitHub makes them of headings.
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(FENCED, '')
    .matchAll(/^#{1,6} (.*)$/gm);
  const anchors = new Set<string>();
  for (const [, heading = ''] of headings) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let again = 1; anchors.has(unique); again++) unique = `${anchor}-${again}`;
    anchors.add(unique);
  }
  return anchors;
}

function deadLinksOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(FENCED, '');
  const links = Array.from(text.matchAll(LINK), ([, link, image]) => link ?? image ?? '');
  return links.filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
}

test.each(documents)('the links of %s lead somewhere', (file) => {
  expect(deadLinksOf(file)).toEqual([]);
});
