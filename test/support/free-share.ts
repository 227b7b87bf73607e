// A share of an event loop that has room for everybody.
import { Admission } from '../../src/admit/admission.ts';
import type { Share } from '../../src/admit/share.ts';
import { millis } from '../../src/core/units.ts';

export function freeShare(): Share {
  const admission = new Admission({
    now: () => millis(0),
    loopTime: () => millis(0),
    atEnd: (task) => task(),
    leastBegun: () => Number.POSITIVE_INFINITY,
    reportBug: (error) => {
      throw error;
    },
  });
  return admission.shareOf({ weight: 1, patience: millis(1000) });
}
