// A process that takes in orphans, as process 1 of a container does. Programs that it starts leave children behind, which end
// at once. It says how many of these have become zombies of its own, and how many are left in the end.
import { readFile } from 'node:fs/promises';
import { fromLibc } from '../../src/world/libc.ts';
import { reapOrphans } from '../../src/world/orphans.ts';
import { childrenOf } from './processes.ts';
import { until } from './until.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const ORPHANS = 5;

async function zombies(): Promise<number> {
  const states = await Promise.all(
    (await childrenOf(process.pid)).map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  return states.filter((state) => state.includes(') Z ')).length;
}

fromLibc({ prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' } })?.prctl(
  PR_SET_CHILD_SUBREAPER,
  1,
  0,
  0,
  0,
);
reapOrphans();
const parents = Array.from({ length: ORPHANS }, () => Bun.spawn(['sh', '-c', 'sleep 0 &']));
await Promise.all(parents.map(({ exited }) => exited));
let most = 0;
await until(async () => {
  most = Math.max(most, await zombies());
  return most > 0;
}, 'an orphan has become a zombie');
await until(async () => (await zombies()) === 0, 'none is left');
process.stdout.write(`adopted, none left`);
process.exit(0);
