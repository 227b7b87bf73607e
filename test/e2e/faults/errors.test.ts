// One of three origins begins to answer nothing but errors, as after a bad deployment.
import { describe, expect, test } from 'bun:test';
import { MOST_BAD, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const AFTERWARDS = 3000;
// One ejection lasts for the whole test, so that there are no trials.
const ONE_EJECTION = '    outlier_ejection: { base_time: 5m }\n';

describe.if(needs('nginx', 'wrk'))('an origin that begins to answer 500', () => {
  test.each([
    ['while its health page is well', 200],
    ['as its health page does', 500],
  ])('%s is taken out after a few errors of each client at the most, and gets no request from then on', (_, health) =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      await b.answer({ pages: 500, health });
      await until(async () => !(await stage.backend('b')).eligible, 'b is out');
      await stage.untilAvoided('b', load);
      const bad = await b.bad();
      await load.flows(AFTERWARDS);
      const { wrk, careful } = await load.stop();
      expect(await b.bad()).toBe(bad);
      expect(bad).toBeLessThanOrEqual(MOST_BAD);
      expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
      expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
      expect(wrk.badStatuses + careful.refused).toBeLessThanOrEqual(bad);
    }, ONE_EJECTION),
  );
});
