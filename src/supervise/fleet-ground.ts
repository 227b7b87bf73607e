// What a supervisor shares with its workers, made before there are any.
import { NO_PLACE, type Room, bytesOf } from '../core/cells.ts';
import { GatewayCells, roomFor } from '../core/gateway-cells.ts';
import type { PolicyKind } from '../policies/contract.ts';
import { policies } from '../policies/registry.ts';
import { seriesRoomOf } from '../core/series-cells.ts';
import type { Descriptor } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { NameNews } from '../discovery/names.ts';
import type { Plan } from '../plan/plan.ts';
import { poolsOf, servicesOf } from '../plan/pools-of.ts';
import type { Places } from '../plan/wanted-addresses.ts';
import { ALONE, CommonValues } from '../runtime/common-values.ts';
import { resolverOf, secretsOf } from '../runtime/assemble.ts';
import type { Ground, Secrets } from '../runtime/serving.ts';
import type { World } from '../world.ts';
import { makeSharedMemory, mapSharedMemory } from '../world/shared-memory.ts';

export type FleetGround = {
  readonly ground: Ground;
  readonly memory: Descriptor;
  readonly room: Room;
  readonly processes: number;
  readonly places: Places;
  /** How all watched names stand. */
  readonly names: () => readonly NameNews[];
  /** Who is told of values that policies have found out. */
  readonly tellCommons: (tell: (key: string, value: string) => void) => void;
  /** Who is told of changes of names. */
  readonly tellNames: (tell: (news: NameNews) => void) => void;
};

export type GroundOptions = {
  readonly plan: Plan;
  readonly world: World;
  readonly places: Places;
  readonly processes: number;
  /** Those of an earlier process; null: there was none. */
  readonly secrets: Secrets | null;
};

/** An error is the system's name for why there is no such memory. */
export function fleetGround({ plan, world, places, processes, secrets }: GroundOptions): Result<FleetGround, string> {
  const backends = plan.tenants.reduce((count, tenant) => count + servicesOf(tenant).length, 0);
  const pools = plan.tenants.reduce((count, tenant) => count + poolsOf(tenant).length, 0);
  const { metrics } = plan.gateway;
  const room = roomFor(backends, pools, policyWordsOf(plan), seriesRoomOf(metrics));
  const memory = makeSharedMemory('keystone', bytesOf(room));
  if (!memory.ok) return err(memory.error);
  const seat = { place: NO_PLACE, processes };
  const cells = GatewayCells.shared({ memory: mapSharedMemory(memory.value), room, seat, decides: true });
  cells.traffic.bounds = metrics.buckets;
  const listeners = new Set<(news: NameNews) => void>();
  const { names, prepareNames } = resolverOf(plan, world, (news) => {
    for (const tell of listeners) tell(news);
  });
  const { commons, tellCommons } = commonsOfAll();
  const ground = { cells, names, prepareNames, secrets: secrets ?? secretsOf(world), commons };
  return ok({
    ground,
    memory: memory.value,
    room,
    processes,
    places,
    names: () => names.all,
    tellCommons,
    tellNames: (tell) => void listeners.add(tell),
  });
}

function policyWordsOf({ tenants }: Plan): number {
  const wordsOf = new Map<string, PolicyKind<unknown>>(policies.map((kind) => [kind.type, kind]));
  const wanted = tenants.flatMap((tenant) => [...tenant.policies, ...tenant.routes.flatMap((route) => route.policies)]);
  return wanted.reduce((sum, { type, options }) => sum + (wordsOf.get(type)?.words(options) ?? 0), 0);
}

function commonsOfAll(): { readonly commons: CommonValues } & Pick<FleetGround, 'tellCommons'> {
  const listeners = new Set<(key: string, value: string) => void>();
  const commons = new CommonValues({
    ...ALONE,
    tell: (key, value) => {
      for (const tell of listeners) tell(key, value);
    },
  });
  return { commons, tellCommons: (tell) => void listeners.add(tell) };
}
