// A whole policy, as somebody would write it who knows nothing but the contract.
import { z } from 'zod';
import { failure } from '../../../src/core/failure.ts';
import { count } from '../../../src/core/settings.ts';
import { millis } from '../../../src/core/units.ts';
import { CONTINUE, type Policy, type PolicyKind, type Verdict } from '../../../src/policies/contract.ts';

const options = z.strictObject({
  per_second: count({ min: 1, max: 1000 }).meta({ description: 'How many requests a second.' }),
  burst: count({ min: 1, max: 1000 }).meta({ description: 'How many of them may come at once.' }),
});
type Options = z.output<typeof options>;

// When the next request would be in time, in milliseconds.
const NEXT_AT = 0;

/** GCRA over one word for each tenant. */
export const rateLimit = {
  type: 'rate_limit',
  summary: 'At most so many requests in a second, with a burst.',
  options,
  words: () => 1,
  isShared: false,
  create({ per_second: rate, burst }: Options, { words, now }): Policy {
    const step = 1000 / rate;
    return {
      request(): Verdict {
        for (;;) {
          const at = words.get(NEXT_AT);
          const time = Math.floor(now());
          const next = Math.max(at, time) + step;
          const early = next - time - burst * step;
          if (early > 0) {
            const why = failure('too-many-connections', 'More requests than this tenant may send.');
            return { kind: 'refuse', failure: why, retryAfter: millis(early) };
          }
          if (words.swap(NEXT_AT, at, next)) return CONTINUE;
        }
      },
    };
  },
} as const satisfies PolicyKind<Options>;
