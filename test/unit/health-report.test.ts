import { describe, expect, test } from 'bun:test';
import { HealthReport } from '../../src/admin/health-report.ts';
import { millis } from '../../src/core/units.ts';
import { SnapshotStore, routesAlone } from '../../src/forward/snapshot.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { Router } from '../../src/route/router.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('the health of the gateway', () => {
  test('is looked at once a second, however often it is asked for', async () => {
    const clock = new VirtualClock();
    const { current } = new SnapshotStore(routesAlone(new Router(0)));
    let looks = 0;
    const snapshot = () => {
      looks++;
      return current;
    };
    const report = new HealthReport({ now: clock.now, snapshot, version: '1' });
    const ask = (extent: 'word' | 'full'): string => {
      const { body } = report.answer(extent);
      return latin1(body, 0, body.length);
    };
    for (let n = 0; n < 100; n++) expect(ask('word')).toBe('{"status":"healthy"}\n');
    for (let n = 0; n < 100; n++) expect(ask('full')).toContain('"uptime":"0s"');
    expect(looks).toBe(2);
    await clock.advance(999);
    ask('word');
    expect(looks).toBe(2);
    await clock.advance(millis(1));
    ask('word');
    expect(ask('full')).toContain('"uptime":"1s"');
    expect(looks).toBe(4);
  });
});
