// Each kind of mistake in a configuration, and exactly what is said about it. UPDATE_GOLDEN=1 writes what is said now.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';

const FOLDER = join(import.meta.dirname, '../golden/config');
const SECRET = 'hunter2-hunter2';
const env = { SECRET, EMPTY: '' };
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

describe('a configuration with mistakes', () => {
  test.each(names)('is explained: %s', (name) => {
    const parsed = parseConfig({ file: `${name}.yaml`, text: readFileSync(join(FOLDER, `${name}.yaml`)), env });
    const said = parsed.ok ? 'no problems\n' : `${parsed.error.map(formatProblem).join('\n')}\n`;
    const golden = join(FOLDER, `${name}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, said);
    expect(parsed.ok).toBe(false);
    expect(said).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
    expect(said).not.toContain('hunter2');
    expect(said).not.toContain('topsecret');
  });
});
