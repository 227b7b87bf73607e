// Files of logs are the user's that the gateway becomes: what is said before is written when it is that user. Opened as root, a
// file would be root's, which those who serve clients could not write to.
import type { LogSink } from '../core/log-sink.ts';
import type { World } from '../world.ts';

/** `world`: of a gateway that has more rights than it will have. `release`: it has only those that it keeps. */
export function holdLogs(world: World): { readonly world: World; readonly release: () => void } {
  const { promise: given, resolve: release } = Promise.withResolvers<void>();
  return { world: { ...world, openLogSink: (output) => held(world.openLogSink(output), given) }, release };
}

function held(sink: LogSink, given: Promise<void>): LogSink {
  return {
    write: (bytes, start, end, done) => void given.then(() => sink.write(bytes, start, end, done)),
    reopen: () => sink.reopen(),
    look: () => sink.look(),
    close: () => sink.close(),
  };
}
