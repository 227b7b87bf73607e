// When a process that serves has too little of something, and gives up what it does beside serving.
import { z } from 'zod';
import { defaulted } from '../core/described.ts';
import { duration, portion } from '../core/settings.ts';

/** What each process goes by that serves. A reload changes it. */
export type OverloadSettings = z.output<typeof overload>;

export const overload = z.strictObject({
  turn_time: defaulted(
    duration,
    'How much processor time the turns of the event loop may take, on average in a second, before hedges, mirrors, compression and retries of requests that were sent are left out, and connections of tenants above their share end with the next answer.',
    {
      value: '20ms',
      reason:
        'shares keep turns at a millisecond; where they take so long, something takes the loop that no share limits.',
    },
  ),
  spare_memory: defaulted(portion, 'The same for memory, as a share of `limits.memory`.', {
    value: '80%',
    reason: 'what is left is enough for requests that are under way.',
  }),
  refuse_memory: defaulted(
    portion,
    'From which share of `limits.memory` on requests of tenants above their share are answered 503, and no connections are accepted but those of operators.',
    { value: '95%', reason: 'a process that is ended for its memory loses all of its requests.' },
  ),
  calm_time: defaulted(duration, 'How long there must be no need before what was given up comes back, step by step.', {
    value: '5s',
    reason: 'otherwise it would come back as soon as leaving it out helps, and be given up again.',
  }),
});
