// All balancers. A new one is a new file and one line here.
import { roundRobin } from './round-robin.ts';

export const balancers = [roundRobin] as const;
