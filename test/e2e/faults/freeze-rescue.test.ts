// Requests to an origin that turns out to be frozen move to another one.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

// So long that only the verdict on the origin can have moved the requests.
const PATIENT = '    timeouts: { first_byte: 60s, exchange: 120s }\n';
// So short that it is over before three probes have failed.
const HASTY = '    timeouts: { first_byte: 500ms }\n    retry: { on: [connect, reset, timeout] }\n';

describe.if(needs('nginx', 'wrk'))('requests that hang on a frozen origin', () => {
  test.each([
    ['as soon as it is known to be unhealthy', PATIENT, true],
    ['when their time for a first byte is over', HASTY, false],
  ])('go to another %s, and none fails', (_, timeouts, isByVerdict) =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      b.freeze();
      await stage.untilHealthy(2);
      await load.flows();
      await until(async () => (await stage.backend('b')).in_flight === 0, 'b has no request any more');
      if (isByVerdict) expect(stage.verdicts('b')).toEqual(['unhealthy']);
      b.thaw();
      await stage.untilHealthy(3);
      expect(await load.end()).toMatchObject(UNHARMED);
    }, timeouts),
  );
});
