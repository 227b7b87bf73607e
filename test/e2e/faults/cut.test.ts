// An origin that breaks off in the middle of its answers.
import { describe, expect, test } from 'bun:test';
import { curl } from '../../support/curl.ts';
import { FaultStage, MOST_BAD, besideFaulty } from '../../support/fault-stage.ts';
import { FaultyOrigin } from '../../support/faulty-origin.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

// Bad results in a row until an origin is ejected.
const CONSECUTIVE = 5;

describe.if(needs('nginx', 'wrk'))('an origin that breaks off in the middle of its answers', () => {
  test('costs what was under way to it, each with its connection, and is taken out', () =>
    besideFaulty(async ({ stage, load, origin }) => {
      await origin.behave('cut');
      await until(() => stage.changes('b').includes('ejected'), 'b is ejected');
      await stage.untilAvoided('b', load);
      const { wrk, careful } = await load.stop();
      expect(wrk).toMatchObject({ timeouts: 0, badStatuses: 0 });
      expect(careful).toMatchObject({ refused: 0, wrong: 0, hung: 0 });
      const lost = wrk.socketErrors + careful.lost;
      expect(lost).toBeGreaterThanOrEqual(CONSECUTIVE);
      expect(lost).toBeLessThanOrEqual(Math.min(origin.cuts, MOST_BAD));
    }, '    outlier_ejection: { base_time: 5m }\n'));
});

// curl's exit codes for a body that ends early: by a FIN (18), by a reset (56).
const CUT_SHORT = [18, 56];

describe.if(needs('curl'))('an answer that is broken off', () => {
  test.each(['cut', 'cut-chunks'] as const)('never looks whole: %s', async (manner) => {
    await using origin = await FaultyOrigin.start('a');
    await using stage = await FaultStage.open([origin]);
    const whole = await curl(`${stage.url}?n=1`);
    expect(whole).toMatchObject({ code: 0, status: 200 });
    await origin.behave(manner);
    for (let n = 0; n < 10; n++) {
      const answer = await curl(`${stage.url}?n=1`);
      expect(answer.status).toBe(200);
      expect(CUT_SHORT).toContain(answer.code);
      expect(whole.body).toStartWith(answer.body);
      expect(answer.body.length).toBeLessThan(whole.body.length);
    }
    await origin.behave('well');
    expect(await curl(`${stage.url}?n=1`)).toMatchObject({ code: 0, status: 200, body: whole.body });
  });
});
