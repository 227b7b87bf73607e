// What the process of a gateway and the one that takes its place tell each other, by the channel between a process and one that
// it has started. They may be of two versions: each reads what comes as it reads everything from outside, and a later version
// has to understand what this one says.
import { z } from 'zod';
import { handedDecisions, handedState } from './kept-state.ts';

/** The descriptors that are handed over begin here: the sockets, then the lock of the state directory. */
export const FIRST_HANDED = 3;

const port = z.number().int().min(0).max(65_535);
const wanted = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tcp'), hostname: z.nullable(z.string()), port }),
  z.object({ kind: z.literal('unix'), path: z.string() }),
]);
const address = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tcp'), hostname: z.string(), port }),
  z.object({ kind: z.literal('unix'), path: z.string() }),
]);

const inheritance = z.object({
  /** In the order of their descriptors. */
  sockets: z.array(z.object({ wanted, address })),
  /** The state directory, whose lock is the last descriptor; null: there is none. */
  stateDirectory: z.nullable(z.string()),
  /** How many processes serve. */
  workers: z.number().int().min(1),
  state: handedState,
});

/** What the old process says. */
export const toSuccessor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), inheritance }),
  /** Let clients in. */
  z.object({ kind: z.literal('open') }),
  /** Decide from here on, with what was decided last. */
  z.object({ kind: z.literal('decide'), decisions: handedDecisions }),
  /** The service manager knows of you. */
  z.object({ kind: z.literal('farewell') }),
]);

/** What the new process says, in this order. */
export const toPredecessor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded'), version: z.string() }),
  /** It has all that it needs, and has probed the backends. */
  z.object({ kind: z.literal('ready') }),
  /** Clients come in. `unused`: places of the sockets that it does not listen on. */
  z.object({ kind: z.literal('serving'), unused: z.array(z.number().int().min(0)) }),
  z.object({ kind: z.literal('deciding') }),
  /** It cannot, and ends. */
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);

export type Inheritance = z.output<typeof inheritance>;
export type HandedDecisions = z.output<typeof handedDecisions>;
export type ToSuccessor = z.output<typeof toSuccessor>;
export type ToPredecessor = z.output<typeof toPredecessor>;
