// The units in deploy/systemd, read by systemd itself.
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dir, '../..');
const UNITS = ['keystone.service', 'keystone.socket'];
const folder = mkdtempSync(join(tmpdir(), 'keystone-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (unit: string): string => readFileSync(join(ROOT, 'deploy/systemd', unit), 'utf8');

describe('the units of systemd', () => {
  test.if(Bun.which('systemd-analyze') !== null)('have nothing that it does not know', () => {
    // The program is not installed where the tests run.
    for (const unit of UNITS)
      writeFileSync(join(folder, unit), text(unit).replaceAll('/usr/bin/keystone', join(ROOT, 'bin/keystone')));
    const words = ['systemd-analyze', 'verify', '--man=no', ...UNITS.map((unit) => join(folder, unit))];
    const { exitCode, stderr } = Bun.spawnSync(words);
    const told = stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes('keystone'));
    expect([exitCode, told]).toEqual([0, []]);
  });

  test('start and reload what there is', () => {
    const commands = Array.from(
      text('keystone.service').matchAll(/^Exec\w+=\/usr\/bin\/keystone (.*)$/gm),
      ([, line]) => line,
    );
    expect(commands.length).toBe(2);
    for (const command of commands) {
      const [name = '', option = ''] = (command ?? '').split(' ');
      const { stdout, exitCode } = Bun.spawnSync([join(ROOT, 'bin/keystone'), name, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout.toString()).toContain(option);
    }
  });
});
