// Origins that are restarted one right after the other: each is down for a moment, and never two at once. SIGTERM makes
// nginx drop its requests; a request that meets three such origins in a row needs a fourth attempt.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';

describe.if(needs('nginx', 'wrk'))('a rolling restart that does not wait for the gateway', () => {
  test.each([
    ['SIGQUIT', 1],
    ['SIGTERM', 1],
    ['SIGQUIT', 3],
    ['SIGTERM', 3],
  ] as const)('by %s, %d in a row, costs no request', (signal, rounds) =>
    underLoad(
      async ({ stage, load, origins }) => {
        for (let round = 0; round < rounds; round++) {
          for (const origin of origins) {
            await origin.stop(signal);
            await origin.start();
          }
        }
        await stage.untilHealthy(3);
        expect(await load.end()).toMatchObject(UNHARMED);
      },
      signal === 'SIGTERM' ? '    retry: { attempts: 5 }\n' : '',
    ),
  );
});
