// Origins that are restarted one after the other, as every deployment does.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';

describe.if(needs('nginx', 'wrk'))('a rolling restart', () => {
  test.each(['SIGQUIT', 'SIGTERM'] as const)('by %s, which waits until each is back, costs no request', (signal) =>
    underLoad(async ({ stage, load, origins }) => {
      for (const origin of origins) {
        await origin.stop(signal);
        await load.flows();
        await origin.start();
        await stage.untilHealthy(3);
      }
      expect(await load.end()).toMatchObject(UNHARMED);
    }),
  );
});
