// An origin whose health page fails while it serves.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

describe.if(needs('nginx', 'wrk'))('an origin whose health page fails', () => {
  test('is left alone until it passes again, and no request fails', () =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      await b.answer({ health: 500 });
      await stage.untilHealthy(2);
      await stage.untilAvoided('b', load);
      const { requests } = await stage.backend('b');
      await load.flows();
      expect(await stage.backend('b')).toMatchObject({ requests, eligible: false });
      await b.answer({});
      await stage.untilHealthy(3);
      await until(async () => (await stage.backend('b')).requests > requests, 'b serves again');
      expect(stage.verdicts('b')).toEqual(['unhealthy', 'healthy']);
      expect(await load.end()).toMatchObject(UNHARMED);
    }));
});
