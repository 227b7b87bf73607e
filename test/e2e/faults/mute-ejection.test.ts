// An origin whose pages never answer is ejected, although its health page answers.
import { describe, expect, test } from 'bun:test';
import { besideFaulty } from '../../support/fault-stage.ts';
import { needs } from '../../support/programs.ts';
import { until } from '../../support/until.ts';

describe.if(needs('nginx', 'wrk'))('an origin that answers nothing but its health page', () => {
  test('is ejected, and probes that pass do not end it', () =>
    besideFaulty(async ({ stage, load, origin }) => {
      await origin.behave('mute-pages');
      await until(() => stage.changes('b').includes('ejected'), 'b is ejected');
      await stage.untilAvoided('b', load);
      const { requests } = await stage.backend('b');
      const probes = origin.probes + 3;
      await until(() => origin.probes >= probes, 'it is probed again and again');
      await load.flows();
      expect({ changes: stage.changes('b'), served: await stage.backend('b') }).toMatchObject({
        changes: ['ejected'],
        served: { eligible: false, requests },
      });
    }, PATIENT));
});

const PATIENT = '    timeouts: { first_byte: 1s }\n    outlier_ejection: { base_time: 60s }\n';
