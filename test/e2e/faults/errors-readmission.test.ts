// An origin that answers only errors is tried again and again.
import { describe, expect, test } from 'bun:test';
import { CLIENTS, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

// Bad results in a row until an origin is ejected.
const CONSECUTIVE = 5;
const EJECTIONS = 8;

describe.if(needs('nginx', 'wrk'))('an origin that answers 500 for ever', () => {
  test(
    'costs a few requests each time it is tried again, not one of every client',
    () =>
      underLoad(async ({ stage, load, origins: [, b] }) => {
        await b.answer({ pages: 500 });
        const ejections = (): number => stage.changes('b').filter((change) => change === 'ejected').length;
        await until(() => ejections() >= EJECTIONS, `b is ejected ${EJECTIONS} times`);
        await b.answer({});
        await stage.untilHealthy(3);
        const { wrk, careful } = await load.end();
        expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
        expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
        // Before the first ejection, CONSECUTIVE requests fail, and so do all that are under way to it.
        const unforeseen = CONSECUTIVE + CLIENTS;
        expect(wrk.badStatuses + careful.refused).toBeLessThanOrEqual(unforeseen + (ejections() - 1) * CONSECUTIVE);
      }, '    outlier_ejection: { base_time: 200ms }\n'),
    60_000,
  );
});
