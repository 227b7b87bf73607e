// Origins that die without notice, and come back.
import { describe, expect, test } from 'bun:test';
import { UNHARMED, underLoad } from '../../support/fault-stage.ts';
import { curl } from '../../support/curl.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

describe.if(needs('nginx', 'wrk'))('an origin that is killed and started again', () => {
  test('costs no request', () =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      await b.kill();
      await stage.untilHealthy(2);
      await load.flows();
      await b.start();
      await stage.untilHealthy(3);
      expect(await load.end()).toMatchObject(UNHARMED);
      expect(stage.changes('a')).toEqual([]);
      expect(stage.changes('c')).toEqual([]);
    }));

  test('again and again costs none either', () =>
    underLoad(async ({ stage, load, origins: [, b] }) => {
      for (let n = 0; n < 5; n++) {
        await b.kill();
        await load.flows(50);
        await b.start();
        await load.flows(50);
      }
      await stage.untilHealthy(3);
      expect(await load.end()).toMatchObject(UNHARMED);
    }));

  test('together with another leaves the third to serve them all', () =>
    underLoad(async ({ stage, load, origins: [a, b] }) => {
      await Promise.all([a.kill(), b.kill()]);
      await stage.untilHealthy(1);
      await load.flows();
      await Promise.all([a.start(), b.start()]);
      await stage.untilHealthy(3);
      expect(await load.end()).toMatchObject(UNHARMED);
      expect(stage.changes('c')).toEqual([]);
    }));
});

describe.if(needs('nginx', 'wrk', 'curl'))('origins that are all dead', () => {
  test('are a 503 that says so, and a service again after one good probe', () =>
    underLoad(async ({ stage, load, origins }) => {
      await Promise.all(origins.map((origin) => origin.kill()));
      const before = await Promise.all(origins.map((origin) => origin.probes()));
      const probed = async (at: number): Promise<number> => (await origins[at].probes()) - (before[at] ?? 0);
      await stage.untilHealthy(0);
      for (let n = 0; n < 20; n++) {
        const answer = await curl(stage.url);
        expect(answer).toMatchObject({ code: 0, status: 503 });
        expect(answer.headers.get('retry-after')).toBe('1');
        for (const { name } of origins) expect(answer.body).toMatch(new RegExp(`${name} unhealthy for \\d+m?s: `));
      }
      await Promise.all(origins.map((origin) => origin.start()));
      await until(async () => (await curl(stage.url)).status === 200, 'one serves');
      // One good probe each; another may have followed by the time that this is read.
      const { backends } = await stage.tenant();
      const back = [...backends.keys()].filter((at) => backends[at].health === 'healthy');
      const asked = await Promise.all(back.map(probed));
      expect(Math.max(...asked)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...asked)).toBeLessThanOrEqual(2);
      await stage.untilHealthy(3);
      for (const { name } of origins) expect(stage.verdicts(name)).toEqual(['unhealthy', 'healthy']);
      const { wrk, careful } = await load.end();
      expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
      expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
      expect(careful.refused).toBeGreaterThan(0);
    }));

  test('are told by a 503 to each request that was under way', () =>
    underLoad(async ({ stage, load, origins }) => {
      await Promise.all(origins.map((origin) => origin.kill()));
      await stage.untilHealthy(0);
      const { wrk, careful } = await load.stop();
      expect(wrk).toMatchObject({ socketErrors: 0, timeouts: 0 });
      expect(careful).toMatchObject({ lost: 0, wrong: 0, hung: 0 });
    }));
});
