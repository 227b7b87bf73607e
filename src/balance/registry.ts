// All balancers. A new one is a new file and one line here.
import { consistentHash } from './consistent-hash.ts';
import { first } from './first.ts';
import { leastRequests } from './least-requests.ts';
import { p2c } from './p2c.ts';
import { peakEwma } from './peak-ewma.ts';
import { random } from './random.ts';
import { rendezvous } from './rendezvous.ts';
import { roundRobin } from './round-robin.ts';

export const balancers = [roundRobin, leastRequests, p2c, peakEwma, random, consistentHash, rendezvous, first] as const;
