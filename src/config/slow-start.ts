// How a backend that comes back gets its share of the traffic again.
import { z } from 'zod';
import { durationOrZero, portion } from '../core/settings.ts';
import { defaulted } from '../core/described.ts';

export const slowStart = z.strictObject({
  time: defaulted(durationOrZero, 'How long it takes until the backend has its whole share; 0: it has it at once.', {
    value: 0,
    reason: 'most origins are warm when their health page answers; set it where caches or a compiler have to warm up.',
  }),
  min_share: defaulted(portion, 'The part of its share with which it begins.', {
    value: '10%',
    reason: 'too little to overload a cold backend, and enough to warm it up.',
  }),
});
