// Times one balancer by itself: `bun balancer-picks.ts INDEX` prints its timings as JSON. Each balancer has a process of its
// own, since a call site that has seen all balancers is slower than one of a gateway, which has seen one or two.
import type { BalancerKind } from '../../src/balance/contract.ts';
import { balancers } from '../../src/balance/registry.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { mix32 } from '../../src/core/hash.ts';
import { millis } from '../../src/core/units.ts';
import { compile } from '../../src/plan/compile.ts';
import type { Backend } from '../../src/pools/backend.ts';
import type { Pool } from '../../src/pools/pool.ts';
import { assemble } from '../../src/runtime/assemble.ts';
import { realWorld } from '../../src/world.ts';
import { type Timing, time } from './stopwatch.ts';

const SIZES = [3, 100];
// How many requests are in flight at a time.
const IN_FLIGHT = 64;
const NONE: readonly Backend[] = [];

const kinds: readonly BalancerKind<unknown>[] = balancers;
const kind = kinds[Number(process.argv[2])];
const timings = [
  ...SIZES.flatMap((size) => [picks(size, true), picks(size, false)]),
  ...(kind.type === 'round_robin' ? [...SIZES.map(takes), answers()] : []),
];
console.log(JSON.stringify(timings));
process.exit(0);

/** Picks for requests that come and go, so that balancers that compare loads have some to compare. */
function picks(size: number, isEven: boolean): Timing {
  const load = { inFlight: IN_FLIGHT };
  const balancer = kind.create(kind.options.parse({}), { random: Math.random, now: () => millis(0), load, offset: 0 });
  const candidates = Array.from({ length: size }, (_, id) => ({
    id,
    identityHash: mix32(id + 1),
    weight: isEven ? 1 : 1 + (id % 5),
    inFlight: id === 0 ? IN_FLIGHT : 0,
  }));
  balancer.update(candidates);
  for (const { id } of candidates) balancer.observe?.(id, millis(10 + (id % 7)));
  const open = new Int32Array(IN_FLIGHT);
  let turn = 0;
  return time(`${kind.type}: pick among ${size} ${isEven ? 'equal' : 'weighted'} backends`, () => {
    const slot = turn++ % IN_FLIGHT;
    candidates[open[slot]].inFlight--;
    open[slot] = balancer.pick(mix32(turn));
    candidates[open[slot]].inFlight++;
    return open[slot] + 1;
  });
}

function takes(size: number): Timing {
  const pool = poolOf(size);
  const open: Backend[] = [];
  for (let slot = 0; slot < IN_FLIGHT; slot++) open.push(taken(pool, slot));
  let turn = 0;
  return time(`pool of ${size}: take a backend and release one`, () => {
    const slot = turn++ % IN_FLIGHT;
    pool.release(open[slot], 0);
    open[slot] = taken(pool, turn);
    return open[slot].inFlight;
  });
}

/** Times what a pool does for a good answer, from its head to its end. */
function answers(): Timing {
  const pool = poolOf(3);
  let turn = 0;
  return time('pool of 3: note a good answer and its end', () => {
    const backend = pool.backends[turn++ % 3];
    const isWell = pool.notes.answered(backend, 200, millis(1), '192.0.2.1');
    pool.notes.whole(backend, '192.0.2.1');
    return Number(isWell);
  });
}

function taken(pool: Pool, keyHash: number): Backend {
  const backend = pool.take(NONE, keyHash);
  if (backend === null) throw new Error('no backend is eligible');
  return backend;
}

function poolOf(size: number): Pool {
  const services = Array.from(
    { length: size },
    (_, at) => `      - { name: "b${at}", url: "http://127.0.0.1:${3000 + at}" }`,
  );
  const text = `tenants:\n  - name: one\n    path_prefix: "/"\n    services:\n${services.join('\n')}\n`;
  const parsed = parseConfig({ file: 'bench', text, env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const plan = compile(parsed.value.config);
  return assemble({ plan, world: realWorld() }).store.current.sites[0].current.pool;
}
