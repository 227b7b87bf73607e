// The program that tests start.
import { resolve } from 'node:path';

/** As it is in a checkout: each process reads some hundred files when it starts. */
export const OF_CHECKOUT = resolve(import.meta.dir, '../../bin/keystone');

/** An executable of the same sources, which starts in a third of the time; absent: nobody has built one (scripts/test.mjs). */
export const EXECUTABLE = process.env['KEYSTONE_TEST_PROGRAM'];

export const PROGRAM = EXECUTABLE ?? OF_CHECKOUT;
