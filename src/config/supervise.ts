// How the processes that serve are watched, and replaced.
import { z } from 'zod';
import { count, duration, durationFrom, flag } from '../core/settings.ts';
import { millis } from '../core/units.ts';
import { defaulted } from '../core/described.ts';

/** What the supervisor goes by. Read whenever something happens, so that a reload changes it. */
export type SuperviseSettings = z.output<typeof supervise>;

// A worker shows that it is alive every 50 ms, on a busy machine somewhat later. With shorter times those that are well would be
// helped, or ended, all the time.
export const supervise = z.strictObject({
  spare: defaulted(
    flag,
    'Whether one worker more than serve stands ready: it has the plan in force, serves nobody, and takes the place of one that ends or hangs.',
    {
      value: true,
      reason: 'a worker that ends is replaced in some 10 ms instead of some 200, for some 30 MB of memory.',
    },
  ),
  help_after: defaulted(
    durationFrom(millis(100)),
    'After how long without a sign of life of a worker the spare one serves the clients that wait for it.',
    {
      value: '250ms',
      reason: 'a garbage collection of a large heap takes 50 ms, on a busy machine some more.',
    },
  ),
  hang: defaulted(
    durationFrom(millis(1000)),
    'After how long without a sign of life a worker is ended. The log says what it did: which policy of which tenant, how much CPU it took.',
    {
      value: '5s',
      reason: 'nothing that a worker does takes a second; what it has not answered by then is lost with it.',
    },
  ),
  max_deaths: defaulted(
    count({ min: 1, max: 1000 }),
    'How many workers may end within 10 s before those that take their places are held back: the next one starts after 1 s, the one after that after 2 s, then 4 s and so on.',
    {
      value: 5,
      reason: 'one that ends with every start would keep a core busy with starting; others serve meanwhile.',
    },
  ),
  max_start_delay: defaulted(duration, 'The longest such wait.', {
    value: '30s',
    reason: 'what made workers end may be over, and nobody has to be there to see it.',
  }),
});
