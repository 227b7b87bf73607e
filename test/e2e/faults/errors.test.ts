// One of three origins begins to answer nothing but errors, as after a bad deployment.
import { describe, expect, test } from 'bun:test';
import { type FaultStage, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const LIMIT = 180_000;
// So many that the requests under way when the errors begin, a fast machine has more of them, are a small part.
const SAMPLE = 300_000;
const TOLERATED_SHARE = 0.001;
// One ejection lasts for the whole test, so that the number of trials does not depend on the speed of this machine.
const ONE_EJECTION = '    outlier_ejection: { base_time: 5m }\n';

/** Waits until this many more requests have come to an end. */
async function served(stage: FaultStage, count: number): Promise<void> {
  const total = async (): Promise<number> =>
    (await stage.tenant()).backends.reduce((sum, { requests }) => sum + requests, 0);
  const goal = (await total()) + count;
  await until(async () => (await total()) >= goal, `${count} requests are over`, LIMIT);
}

describe.if(needs('nginx', 'wrk'))('an origin that begins to answer 500', () => {
  test.each([
    ['while its health page is well', 200],
    ['as its health page does', 500],
  ])(
    '%s is taken out before its errors are a thousandth of the answers',
    (_, health) =>
      underLoad(async ({ stage, load, origins: [, b] }) => {
        await b.answer({ pages: 500, health });
        await until(async () => !(await stage.backend('b')).eligible, 'b is out');
        await served(stage, SAMPLE);
        const { wrk, careful } = await load.end();
        expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
        expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
        expect(wrk.badStatuses).toBeLessThanOrEqual(wrk.requests * TOLERATED_SHARE);
      }, ONE_EJECTION),
    LIMIT,
  );
});
