// An origin that accepts connections and requests, and never answers.
import { describe, expect, test } from 'bun:test';
import { CLIENTS, besideFaulty } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

// Short, so that the test need not wait as long as a client does.
const HASTY = '    timeouts: { first_byte: 1s }\n';

describe.if(needs('nginx', 'wrk'))('an origin that never answers', () => {
  test('holds up each client once at most, and is taken out', () =>
    besideFaulty(async ({ stage, load, origin }) => {
      await origin.behave('mute');
      await until(() => stage.changes('b').includes('unhealthy'), 'b is unhealthy');
      await until(async () => (await stage.backend('b')).in_flight === 0, 'b has no request any more');
      await load.flows();
      await origin.behave('well');
      await stage.untilHealthy(3);
      const { wrk, careful } = await load.end();
      expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
      expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
      expect(wrk.badStatuses + careful.refused).toBeLessThanOrEqual(CLIENTS);
    }, HASTY));
});
