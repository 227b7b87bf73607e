// An origin that is stopped (SIGSTOP): its system still accepts connections and requests.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';

describe.if(needs('nginx', 'wrk'))('an origin that is frozen and thawed', () => {
  test('costs no request', () =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      b.freeze();
      await stage.untilHealthy(2);
      b.thaw();
      await stage.untilHealthy(3);
      expect(stage.verdicts('b')).toEqual(['unhealthy', 'healthy']);
      expect(await load.end()).toMatchObject(UNHARMED);
    }));
});
