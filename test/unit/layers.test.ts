// The layer rule, read from the imports themselves, those of types included: they too decide what a reader must know first.
import { Glob } from 'bun';
import { describe, expect, test } from 'bun:test';
import { dirname, join } from 'node:path';

// A file may import from its own folder and from those on the lines above it.
const ORDER = [
  ['core'],
  ['admit'],
  ['message'],
  ['http1'],
  ['http2'],
  ['balance', 'standing', 'route', 'policies'],
  ['probing'],
  ['discovery'],
  ['config'],
  ['plan'],
  ['certificates'],
  ['acme'],
  ['upstream'],
  ['pools'],
  ['forward'],
  ['respond'],
  ['listen'],
  ['observe'],
  ['admin'],
  ['world'],
  ['world.ts'],
  ['runtime'],
  ['supervise', 'state'],
  ['index.ts', 'without-bun.ts'],
  ['cli'],
  ['tools'],
  ['command-line.ts'],
  ['main.ts'],
  ['executable.ts'],
];
const PURE = [
  'core',
  'admit',
  'message',
  'http1',
  'http2',
  'balance',
  'standing',
  'route',
  'probing',
  'discovery',
  'certificates',
];
const PLATFORM = /^(node:|bun$|bun:)/;
// The classes of one letter keep this file from finding itself.
const SILENCED = /(oxlint|eslint)-[d]isable|@ts-([i]gnore|[e]xpect-error|[n]ocheck)|biome-[i]gnore/;

const root = join(import.meta.dir, '../..');
const sources = [...(await read('src')), ...(await read('tools'))];

describe('a source file', () => {
  test('is in a folder of the layer order', () => {
    const known = new Set(ORDER.flat());
    expect(sources.map(({ path }) => layerOf(path)).filter((layer) => !known.has(layer))).toEqual([]);
  });

  test('imports only from its own folder and from the layers below', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const allowed = new Set([layerOf(path), ...layersBelow(layerOf(path))]);
      return targetsOf({ path, imports })
        .filter((target) => !isText(target) && !allowed.has(layerOf(target)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('is in no circle of imports', () => {
    const targets = new Map(sources.map((source) => [source.path, targetsOf(source)]));
    expect(circlesIn(targets)).toEqual([]);
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

// Files of the whole project, read as data.
function isText(target: string): boolean {
  return target === 'package.json' || target === 'LICENSE' || target.startsWith('licences/');
}

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

function targetsOf({ path, imports }: { readonly path: string; readonly imports: readonly string[] }): string[] {
  return imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name));
}

/** Every circle once, as its files in the order of the imports: found by a walk that remembers its way. */
function circlesIn(targets: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const walk = (path: string): void => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    way.push(path);
    for (const target of targets.get(path) ?? []) walk(target);
    way.pop();
    done.add(path);
  };
  for (const path of targets.keys()) walk(path);
  return circles;
}

function layerOf(path: string): string {
  const [top = '', layer = ''] = path.split('/');
  return top === 'src' ? layer : top;
}

function layersBelow(layer: string): string[] {
  return ORDER.slice(
    0,
    ORDER.findIndex((line) => line.includes(layer)),
  ).flat();
}
