// What is no configuration at all must be refused soon, clearly, and without taking the process with it.
import { describe, expect, test } from 'bun:test';
import { config, problemsOf } from '../support/configs.ts';

const SIZE = 5_000_000;
/** Several times what it takes on a slow machine that is busy with other tests. */
const SOON_MS = 10_000;

function repeat(part: string): string {
  return part.repeat(Math.ceil(SIZE / part.length));
}

// A small generator with a fixed seed: the same noise in every run.
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomLines(): string {
  const words = 'lorem ipsum dolor: sit amet, - consectetur # elit { sed [ do ] } & * ! | > % @ ` " \' a: b'.split(' ');
  const random = noise();
  const lines: string[] = [];
  for (let length = 0; length < SIZE; length += lines.at(-1)?.length ?? 0) {
    lines.push(Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)]).join(' '));
  }
  return lines.join('\n');
}

function randomBytes(): Uint8Array {
  const random = noise();
  return new Uint8Array(SIZE).map(() => random() * 256);
}

describe('5 MB of noise', () => {
  test.each<[string, () => string | Uint8Array]>([
    ['random lines', randomLines],
    ['random bytes', randomBytes],
    ['random ASCII', () => randomBytes().map((byte) => 32 + (byte % 95))],
    ['prose', () => repeat('just some text without a colon\n')],
    ['open brackets', () => repeat('[')],
    ['open braces', () => repeat('{')],
    ['maps in maps', () => repeat('{a: ')],
    ['closed brackets', () => repeat(']')],
    ['lists in lists', () => repeat('- ')],
    ['keys in keys', () => repeat('? ')],
    ['quotes', () => repeat('"')],
    ['anchors', () => repeat('&a ')],
    ['tags', () => repeat('!a ')],
    ['aliases', () => repeat('*a ')],
    ['directives', () => repeat('%a\n')],
    ['documents', () => repeat('---\n')],
    ['settings', () => Array.from({ length: SIZE / 13 }, (_, at) => `key${at}: word`).join('\n')],
    ['one setting', () => repeat('key: word\n')],
    ['comments', () => repeat('#\n')],
    ['tabs', () => repeat('\t')],
    ['one open quote', () => `a: "${repeat('text ')}`],
    ['deeper and deeper', () => Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('is refused: %s', (_, make) => {
    const text = make();
    const started = performance.now();
    const problems = problemsOf(text);
    expect(performance.now() - started).toBeLessThan(SOON_MS);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(102);
    for (const problem of problems) expect(problem.length).toBeLessThan(400);
  });
});

test.each([
  [63, 0],
  [70, 1],
])('%p brackets in each other: %p problems', (depth, count) => {
  expect(problemsOf(`lua_routing: ${'['.repeat(depth)}${']'.repeat(depth)}`)).toHaveLength(count);
});

test('many block texts are no noise', () => {
  const texts = Array.from({ length: 500 }, (_, at) => `  k${at}: |\n    [[[ "\n    ' {\n  m${at}: >-\n    a: b\n\n`);
  expect(config(`tenants: []\nlua_routing:\n${texts.join('')}`).lua_routing).toHaveProperty('k499', '[[[ "\n\' {\n');
});

test('ten thousand tenants load in seconds', () => {
  const tenants = Array.from({ length: 10_000 }, (_, at) =>
    [
      `  - name: tenant-${at}`,
      `    domains: ["t${at}.example.com"]`,
      '    services:',
      '      - { name: a, url: "http://10.0.0.1:3000", health: "/health" }',
      '      - { name: b, url: "http://10.0.0.2:3000", health: "/health" }',
    ].join('\n'),
  );
  const started = performance.now();
  expect(config(`tenants:\n${tenants.join('\n')}\n`).tenants).toHaveLength(10_000);
  expect(performance.now() - started).toBeLessThan(30_000);
});
