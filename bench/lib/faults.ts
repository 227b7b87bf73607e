// The faults of origins, and how long the load runs with each.
import { setTimeout as sleep } from 'node:timers/promises';
import type { NginxOrigin } from '../../test/support/nginx-origin.ts';

/** One fault. */
export type Fault = {
  readonly name: string;
  readonly title: string;
  /** How long the load runs: the fault begins after one second, and is mended in the last ones. */
  readonly seconds: number;
  run(origins: readonly [NginxOrigin, NginxOrigin, NginxOrigin]): Promise<void>;
};

const SECOND = 1000;
// Until every program has seen that an origin is back; only then is the next one stopped.
const SETTLED = 4 * SECOND;

/** All faults, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'kill',
    title: 'one is killed (SIGKILL), and back after 3 s',
    seconds: 9,
    async run([, b]) {
      await b.kill();
      await sleep(3 * SECOND);
      await b.start();
    },
  },
  {
    name: 'freeze',
    title: 'one is frozen (SIGSTOP) for 5 s',
    seconds: 11,
    async run([, b]) {
      b.freeze();
      await sleep(5 * SECOND);
      b.thaw();
    },
  },
  broken('errors', 'one answers 500 for 5 s, its health page 200', { pages: 500 }),
  broken('errors-all', 'one answers 500 for 5 s, its health page too', { pages: 500, health: 500 }),
  broken('health', 'the health page of one answers 500 for 5 s, its pages 200', { health: 500 }),
  rolling('rolling-quit', 'rolling restart, gracefully (QUIT), 4 s apart', 'SIGQUIT', SETTLED),
  rolling('rolling-term', 'rolling restart, quickly (TERM), 4 s apart', 'SIGTERM', SETTLED),
  rolling('hasty-term', 'rolling restart, quickly (TERM), one right after the other', 'SIGTERM', 0),
  {
    name: 'all',
    title: 'all are killed, and back after 2 s (failures are right meanwhile)',
    seconds: 9,
    async run(origins) {
      await Promise.all(origins.map((origin) => origin.kill()));
      await sleep(2 * SECOND);
      await Promise.all(origins.map((origin) => origin.start()));
    },
  },
];

function broken(name: string, title: string, manner: Parameters<NginxOrigin['answer']>[0]): Fault {
  return {
    name,
    title,
    seconds: 10,
    async run([, b]) {
      await b.answer(manner);
      await sleep(5 * SECOND);
      await b.answer({});
    },
  };
}

function rolling(name: string, title: string, signal: 'SIGQUIT' | 'SIGTERM', pause: number): Fault {
  return {
    name,
    title,
    seconds: 6 + (3 * pause) / SECOND,
    async run(origins) {
      for (const origin of origins) {
        await origin.stop(signal);
        await origin.start();
        await sleep(pause);
      }
    },
  };
}
