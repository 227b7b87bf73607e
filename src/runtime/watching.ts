// What people look at of the traffic: its past, and requests as they end.
import { inFlightOf } from '../admin/brief.ts';
import type { GatewayCells } from '../core/gateway-cells.ts';
import { inSlices } from '../core/slices.ts';
import { millis } from '../core/units.ts';
import type { TotalsReader } from '../core/traffic-totals.ts';
import type { SnapshotStore } from '../forward/snapshot.ts';
import { TrafficHistory } from '../observe/history/traffic-history.ts';
import { LiveBoard } from '../observe/live/live-board.ts';
import { LiveTap } from '../observe/live/live-tap.ts';
import { readWorkers } from '../observe/metrics/worker-gauge.ts';
import { WorkerLoad } from '../observe/metrics/worker-load.ts';
import { TopBoard } from '../observe/top/top-board.ts';
import { TopTap, type TopWanted } from '../observe/top/top-tap.ts';
import type { World } from '../world.ts';
import type { Followers } from './followers.ts';

const GATHERED_EVERY = millis(250);
const COUNTED_EVERY = millis(1000);

export type Watching = {
  readonly traffic: TrafficHistory;
  readonly load: WorkerLoad;
  readonly board: LiveBoard;
  /** Of this process. */
  readonly tap: LiveTap;
  readonly top: TopBoard;
  /** Of this process. */
  readonly topTap: TopTap;
  readonly stop: () => void;
};

export type WatchingTools = {
  readonly world: World;
  readonly store: SnapshotStore;
  readonly totals: TotalsReader;
  readonly cells: GatewayCells;
  /** Null or absent: there are none. */
  readonly followers: Pick<Followers, 'watchRequests' | 'countTop'> | null | undefined;
  /** `top.entries` in force. */
  readonly places: () => number;
};

export function watchTraffic({ world, store, totals, cells, followers, places }: WatchingTools): Watching {
  const { clock } = world;
  const tap = new LiveTap(clock.wall);
  const watch: LiveTap['watch'] = (filters) => {
    tap.watch(filters);
    followers?.watchRequests(filters);
  };
  const board = new LiveBoard({ clock, watch });
  const traffic = new TrafficHistory({
    clock,
    totals,
    tenants: () => tenantsIn(store),
    inFlight: () => store.current.sites.reduce((sum, { current }) => sum + inFlightOf(current), 0),
    inSlices: (steps) => inSlices(steps, world, () => false),
  });
  const topTap = new TopTap();
  const want = (wanted: TopWanted): void => {
    topTap.want(wanted);
    followers?.countTop(wanted);
  };
  const top = new TopBoard({ clock, want, places });
  const load = new WorkerLoad(clock, () => readWorkers(cells));
  const stops = [load.begin(), traffic.begin(), clock.every(GATHERED_EVERY, () => board.add(tap.drain()))];
  stops.push(clock.every(COUNTED_EVERY, () => top.add(topTap.drain())));
  return { traffic, load, board, tap, top, topTap, stop: () => stops.forEach((stop) => stop()) };
}

function* tenantsIn({ current }: SnapshotStore): Generator<{ readonly name: string; readonly inFlight: number }> {
  for (const { current: tenant } of current.sites) yield { name: tenant.name, inFlight: inFlightOf(tenant) };
}
