// HPACK against an implementation of other people: what it encodes is decoded, and what is encoded it decodes.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { HpackEncoder, blockBound } from '../../src/http2/hpack-encode.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import type { Field } from '../support/hpack-twin.ts';
import { PYTHON, needs } from '../support/programs.ts';

const BLOCKS = 400;
const NAMES = [
  'server',
  'date',
  'etag',
  'cookie',
  'x-real-ip',
  'content-type',
  'authorization',
  'a',
  'x-some-name',
  'vary',
];
const VALUES = ['', 'gzip', 'text/html; charset=utf-8', 'nginx', '"0123456789abcdef"', 'Tue, 24 Nov 2026 18:27:59 GMT'];

// The same sequence each time (Numerical Recipes' generator).
function numbers(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function fieldsOf(random: (below: number) => number): Field[] {
  return Array.from({ length: random(9) }, (): Field => {
    const name = NAMES[random(NAMES.length)] ?? '';
    const any = String.fromCharCode(...Array.from({ length: random(200) }, () => 33 + random(90)));
    return [name, random(3) === 0 ? any : (VALUES[random(VALUES.length)] ?? '')];
  });
}

async function ask(lines: readonly unknown[]): Promise<unknown[]> {
  const child = Bun.spawn([PYTHON, join(import.meta.dir, '../support/hpack-twin.py')], {
    stdin: ascii(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(errors);
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe.if(needs('python3-hpack'))('HPACK of Python', () => {
  test('is decoded, with Huffman code and without, whatever becomes of the table', async () => {
    const random = numbers();
    const asked = Array.from({ length: BLOCKS }, (_, n) => ({
      fields: fieldsOf(random).map((field) => [...field, random(5) === 0]),
      limit: random(8) === 0 ? ([0, 100, 1000, 4096][random(4)] ?? 0) : null,
      huffman: n % 2 === 0,
    }));
    const decoder = new HpackDecoder();
    const blocks = await ask(asked);
    for (const [n, hex] of blocks.entries()) {
      const block = Uint8Array.fromHex(String(hex));
      const seen: string[][] = [];
      const add = (line: Uint8Array, name: number, size: number): void => {
        seen.push([latin1(line, 0, name), latin1(line, name + 2, size - 2)]);
      };
      expect(decoder.decode(block, 0, block.length, { add })).toBe(true);
      expect(seen).toEqual(asked[n]?.fields.map((field) => field.slice(0, 2).map(String)) ?? []);
    }
    expect(blocks).toHaveLength(BLOCKS);
  });

  test('decodes what the gateway encodes', async () => {
    const random = numbers();
    const encoder = new HpackEncoder();
    const heads = Array.from({ length: BLOCKS }, () => fieldsOf(random));
    const asked = heads.map((fields, n) => {
      if (n === BLOCKS / 2) encoder.setLimit(300);
      const lines = ascii(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
      const out = new Uint8Array(blockBound(lines.length));
      encoder.begin(out, 0);
      encoder.lines(lines, 0, lines.length);
      return { block: out.subarray(0, encoder.end()).toHex() };
    });
    expect(await ask(asked)).toEqual(heads.map((fields) => fields.map((field) => [...field])));
  });
});
