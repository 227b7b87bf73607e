// A plan as memory that processes hand to each other: made once for all workers, and read by each when it comes to it. As
// messages, a plan of ten thousand tenants would be written and read anew for each of them, in the supervisor's time.
import { deserialize, serialize } from 'bun:jsc';
import type { Descriptor } from '../core/kernel-sockets.ts';
import type { Result } from '../core/result.ts';
import type { Plan } from '../plan/plan.ts';
import { makeSealedMemory, readSealedMemory } from '../world/shared-memory.ts';

/** The error is the system's name for it. */
export function writePlan(plan: Plan): Result<Descriptor, string> {
  return makeSealedMemory('keystone-plan', new Uint8Array(serialize(plan)));
}

/** What a process of the same program has written. */
export function readPlan(memory: Descriptor): Plan {
  return unpack(readSealedMemory(memory));
}

const unpack: (content: Uint8Array) => Plan = deserialize;
