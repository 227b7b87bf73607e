// The program that starts itself in another role.
import { describe, expect, test } from 'bun:test';
import { VERSION } from '../../src/core/version.ts';
import { ROLES, askedOf, commandOfSelf } from '../../src/world/spawn-self.ts';

describe('the words of a command line', () => {
  test.each(ROLES)('of the role %s lead to it', (role) => {
    const command = commandOfSelf(role, ['first']);
    const words = command.slice(command.findIndex((word) => word.endsWith('main.ts')) + 1);
    const asked = askedOf(words);
    expect(asked).toMatchObject({ kind: 'role', role });
    expect(asked.kind === 'role' && words.slice(asked.words)).toEqual(['first']);
  });

  test('are a command unless they say otherwise', () => {
    expect(askedOf(['run', '--addr', ':8080'])).toEqual({ kind: 'command' });
    expect(askedOf([])).toEqual({ kind: 'command' });
  });

  test('of another version are refused, since a package can be replaced while it runs', () => {
    expect(askedOf(['--as', 'config-reader', '0.0.1'])).toEqual({
      kind: 'refused',
      reason: `version 0.0.1 runs, but ${VERSION} is installed now: start it again`,
    });
  });

  test('with a role that nobody has are refused', () => {
    expect(askedOf(['--as', 'king', VERSION])).toMatchObject({ kind: 'refused' });
  });
});
