import { describe, expect, test } from 'bun:test';
import type { RunResult } from '../../src/core/runner.ts';
import { execCheck } from '../../src/probing/exec-check.ts';
import { probing } from '../support/probing.ts';

const OPTIONS = { command: ['check', '--all'], environment: { PASSWORD: 'hunter2-hunter2' } };

async function result(ended: RunResult) {
  return (await probing(execCheck, OPTIONS, ended)).result;
}

describe('an exec check', () => {
  test('runs its program as it stands, and says which backend it is about', async () => {
    const { commands } = await probing(execCheck, OPTIONS, { kind: 'exited', code: 0, output: '' });
    expect(commands).toHaveLength(1);
    expect(commands[0]).toMatchObject({
      words: ['check', '--all'],
      environment: {
        PASSWORD: 'hunter2-hunter2',
        KEYSTONE_TENANT: 'shop',
        KEYSTONE_BACKEND_NAME: 'a',
        KEYSTONE_BACKEND_HOST: '10.0.0.1',
        KEYSTONE_BACKEND_PORT: '3000',
        KEYSTONE_BACKEND_TLS: 'false',
      },
    });
  });

  test.each<[RunResult, boolean, string]>([
    [{ kind: 'exited', code: 0, output: '' }, true, 'exit status 0'],
    [{ kind: 'exited', code: 0, output: '\n all well \nmore' }, true, 'exit status 0: all well'],
    [{ kind: 'exited', code: 2, output: 'no login with hunter2-hunter2\n' }, false, 'exit status 2: no login with ***'],
    [{ kind: 'killed', signal: 'SIGSEGV' }, false, 'killed by SIGSEGV'],
    [{ kind: 'too_loud' }, false, 'killed, because its output does not end'],
    [{ kind: 'failed', reason: 'ENOENT' }, false, 'the program cannot be run (ENOENT)'],
  ])('makes of %j: passed %p, %p', async (ended, passed, detail) => {
    expect(await result(ended)).toMatchObject({ passed, detail, status: null, advice: null });
  });
});
