// Which lines the log of a gateway has: an operator may change that for the time being, in all of its processes.
import type { LogLevelControl, LogLevelReport } from '../admin/sources.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { Operator } from '../core/observer.ts';
import type { ApplicationLog } from '../observe/application-log.ts';
import type { Log } from '../observe/log.ts';
import type { Followers } from './followers.ts';

export type LogLevelTools = {
  readonly application: ApplicationLog;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Null or absent: there are none. */
  readonly followers: Pick<Followers, 'setLogLevel' | 'caughtUp'> | null | undefined;
};

export function logLevelControl({ application, log, wall, followers }: LogLevelTools): LogLevelControl {
  let changed: LogLevelReport['changed'] = null;
  const report = (): LogLevelReport => {
    const { level, configured, order } = application;
    return { level, configured, changed: order === null ? null : changed };
  };
  const put = (level: LogLevel | null): void => {
    application.setLevel(level);
    followers?.setLogLevel(level);
  };
  return {
    report,
    async set(level, by) {
      const from = application.level;
      const tell = (): void => log('info', 'the level of the log is another one', wordsOf(from, level, by));
      changed = { by, at: wall() };
      // Once, while lines of this kind are written.
      const isToldBefore = application.has('info');
      if (isToldBefore) tell();
      put(level);
      if (!isToldBefore) tell();
      await followers?.caughtUp();
      return report();
    },
  };
}

function wordsOf(from: LogLevel, to: LogLevel | null, { token, address }: Operator): Record<string, string> {
  return { from, to: to ?? 'configured', operator: token ?? 'local', address };
}
