// An origin that answers only errors is tried again and again.
import { describe, expect, test } from 'bun:test';
import { MOST_BAD, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const TRIALS = 8;

describe.if(needs('nginx', 'wrk'))('an origin that answers 500 for ever', () => {
  test('costs one request each time it is tried again, not one of every client', () =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      const ejections = (): number => stage.changes('b').filter((change) => change === 'ejected').length;
      await b.answer({ pages: 500 });
      await until(() => ejections() > 0, 'b is ejected');
      // What was under way to it then, is no trial.
      await until(async () => (await stage.backend('b')).in_flight === 0, 'b has no request any more');
      const [ejectionsBefore, badBefore] = [ejections(), await b.bad()];
      expect(badBefore).toBeLessThanOrEqual(MOST_BAD);
      await until(() => ejections() >= ejectionsBefore + TRIALS, `b is ejected ${TRIALS} times more`);
      const bad = await b.bad();
      // Of the trial that is going on now, the ejection may be still to come.
      expect(bad - badBefore).toBeLessThanOrEqual(ejections() - ejectionsBefore + 1);
      await b.answer({});
      await stage.untilHealthy(3);
      const { wrk, careful } = await load.end();
      expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
      expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
      expect(wrk.badStatuses + careful.refused).toBeLessThanOrEqual(await b.bad());
    }, '    outlier_ejection: { base_time: 200ms }\n'));
});
