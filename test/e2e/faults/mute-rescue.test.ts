// Requests that are safe to repeat do not fail if one origin of three does not answer.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, besideFaulty } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

const HASTY = '    timeouts: { first_byte: 1s }\n    retry: { on: [connect, reset, timeout] }\n';

describe.if(needs('nginx', 'wrk'))('requests to an origin that never answers', () => {
  test.each([
    ['and whose health page does not either', 'mute', 'unhealthy'],
    ['but whose health page does', 'mute-pages', 'ejected'],
  ] as const)('%s are served by another', (_, manner, change) =>
    besideFaulty(async ({ stage, load, origin }) => {
      await origin.behave(manner);
      await until(() => stage.changes('b').includes(change), `b is ${change}`);
      await load.flows();
      await origin.behave('well');
      await stage.untilHealthy(3);
      expect(await load.end()).toMatchObject(UNHARMED);
    }, HASTY),
  );
});
