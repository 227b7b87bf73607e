// In a container the gateway is often process 1. Processes whose parent has ended become its children, and stay in the
// process table as zombies until it asks how they ended (wait(2)). The runtime asks only for those that it has started. And what
// becomes of a process whose own parent ends.
import { readFile } from 'node:fs/promises';
import { fromLibc } from './libc.ts';

const FIRST_PROCESS = 1;
const PR_GET_CHILD_SUBREAPER = 37;
const PR_SET_PDEATHSIG = 1;
const SIGCONT = 18;
// A zombie that is still there at the next look is nobody's: the runtime asks for its own within milliseconds.
const BETWEEN_LOOKS = 1000;
const WNOHANG = 1;

/** If this process takes in orphans, it asks from here on for those that have ended. */
export function reapOrphans(): void {
  const libc = fromLibc({
    waitpid: { args: ['i32', 'ptr', 'i32'], returns: 'i32' },
    prctl: { args: ['i32', 'ptr', 'u64', 'u64', 'u64'], returns: 'i32' },
  });
  if (libc === null) return;
  const isReaper = new Int32Array(1);
  libc.prctl(PR_GET_CHILD_SUBREAPER, isReaper, 0, 0, 0);
  if (process.pid !== FIRST_PROCESS && isReaper[0] === 0) return;
  let seen: ReadonlySet<number> = new Set();
  const look = async (): Promise<void> => {
    const zombies = await zombiesOf(process.pid);
    for (const pid of zombies) if (seen.has(pid)) libc.waitpid(pid, null, WNOHANG);
    seen = new Set(zombies);
    setTimeout(() => void look(), BETWEEN_LOOKS).unref();
  };
  void look();
}

/** Has the system let this process go on when its parent ends, if somebody has stopped it: it would keep its sockets for
 * ever, and clients in them. */
export function goOnWhenParentEnds(): void {
  fromLibc({ prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' } })?.prctl(
    PR_SET_PDEATHSIG,
    SIGCONT,
    0,
    0,
    0,
  );
}

async function zombiesOf(parent: number): Promise<readonly number[]> {
  const children = await textOf(`/proc/${parent}/task/${parent}/children`);
  const pids = children.split(' ').filter((word) => word !== '');
  const states = await Promise.all(pids.map((pid) => textOf(`/proc/${pid}/stat`)));
  return pids.filter((_, at) => /\) Z /.test(states[at] ?? '')).map(Number);
}

// Empty: the process has gone, or the system has no such file.
function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
