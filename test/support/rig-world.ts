// The world of a rig: nothing of it is outside of the test.
import type { World } from '../../src/world.ts';
import type { FakeNetwork } from './fake-network.ts';
import type { ScriptedLookup } from './scripted-lookup.ts';

type Given = Pick<World, 'clock' | 'random' | 'connect' | 'afterEvents' | 'residentBytes'> & {
  readonly network: FakeNetwork;
  readonly lookup: ScriptedLookup;
};

/** Sent bytes arrive at once. */
export function rigWorld({ network, lookup, ...given }: Given): World {
  return {
    ...given,
    secret: () => 'x',
    call: () => Promise.reject(new Error('no call')),
    dial: network.dial,
    sockets: null,
    // Nobody else uses the processor.
    processorTime: given.clock.now,
    loopTime: given.clock.now,
    kernel: { limit: () => undefined, writeBeyondLimit: () => 0, writeBoth: () => 0, waiting: () => null },
    descriptors: {
      limit: Number.POSITIVE_INFINITY,
      numberOf: () => null,
      next: () => 0,
      gateOf: () => null,
      deepenQueue: () => undefined,
    },
    peerHasEnded: () => false,
    hasUnread: () => false,
    acknowledge: () => undefined,
    lookup: () => lookup,
    run: () => Promise.reject(new Error('no program')),
    readFile: () => Promise.reject(new Error('no file')),
    findFiles: () => Promise.reject(new Error('no file')),
    stampOf: () => Promise.resolve(''),
    watchFiles: () => ({ follow: () => undefined, stop: () => undefined }),
    environment: {},
    rotateLog: () => Promise.resolve(),
    openLogSink: () => {
      throw new Error('nobody writes an access log here');
    },
    standard: () => {
      throw new Error('the lines of the log are taken');
    },
    writeLog: (line) => {
      // A tenant that nobody serves is no bug.
      const { level, msg } = JSON.parse(line) as { readonly level: string; readonly msg: string };
      if (level === 'error' && msg !== 'tenant_down') network.bugs.push(new Error(line));
    },
  };
}
