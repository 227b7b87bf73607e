// The layer rule, read from the imports themselves: the same rule as in the lint configuration, by other means, and for
// every folder, those included that the lint configuration does not know.
import { Glob } from 'bun';
import { describe, expect, test } from 'bun:test';
import { dirname, join } from 'node:path';

// A file may import from its own folder and from those on the lines above it.
const ORDER = [
  ['core'],
  ['message'],
  ['http1'],
  ['balance', 'health', 'route', 'policies'],
  ['discovery'],
  ['config'],
  ['pools'],
  ['snapshot'],
  ['forward'],
  ['respond'],
  ['listen'],
  ['observe', 'admin'],
  ['supervise'],
  ['world'],
  ['world.ts'],
  ['wiring.ts'],
  ['gateway.ts'],
  ['cli'],
  ['main.ts'],
];
const PURE = ['core', 'message', 'http1', 'balance', 'health', 'route', 'discovery'];
const PLATFORM = /^(node:|bun$|bun:)/;
// The classes of one letter keep this file from finding itself.
const SILENCED = /(oxlint|eslint)-[d]isable|@ts-([i]gnore|[e]xpect-error|[n]ocheck)|biome-[i]gnore/;

const root = join(import.meta.dir, '../..');
const sources = await read('src');

describe('a source file', () => {
  test('is in a folder of the layer order', () => {
    const known = new Set(ORDER.flat());
    expect(sources.map(({ path }) => layerOf(path)).filter((layer) => !known.has(layer))).toEqual([]);
  });

  test('imports only from its own folder and from the layers below', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const allowed = new Set([layerOf(path), ...layersBelow(layerOf(path))]);
      const ours = imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name));
      return ours
        .filter((target) => target !== 'package.json' && !allowed.has(layerOf(target)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('of a pure folder knows neither the platform nor the time', () => {
    const pure = sources.filter(({ path }) => PURE.includes(layerOf(path)));
    expect(pure.filter(({ imports }) => imports.some((name) => PLATFORM.test(name))).map(({ path }) => path)).toEqual(
      [],
    );
    expect(pure.filter(({ text }) => text.includes('new Date()')).map(({ path }) => path)).toEqual([]);
  });

  test('silences no check', async () => {
    const all = [...sources, ...(await read('test')), ...(await read('bench')), ...(await read('scripts'))];
    expect(all.filter(({ text }) => SILENCED.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

async function read(folder: string) {
  const paths = await Array.fromAsync(new Glob(`${folder}/**/*.{ts,mjs}`).scan(root));
  return await Promise.all(
    paths.map(async (path) => {
      const text = await Bun.file(join(root, path)).text();
      return { path, text, imports: importsOf(text) };
    }),
  );
}

// `import … from`, `export … from`, `import '…'` and `import('…')`, types included.
function importsOf(text: string): string[] {
  const found = text.matchAll(/^(?:(?:import|export|\}).*\sfrom|import) '([^'\n]+)'|\bimport\('([^'\n]+)'\)/gm);
  return Array.from(found, (match) => match[1] ?? match[2] ?? '');
}

function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function layersBelow(layer: string): string[] {
  return ORDER.slice(
    0,
    ORDER.findIndex((line) => line.includes(layer)),
  ).flat();
}
