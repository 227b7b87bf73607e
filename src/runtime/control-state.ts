// What the process that decides knows and has decided, as one value: for a file that outlives it, and for the process that
// takes its place.
import type { Clock } from '../core/clock.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { TrafficHistory } from '../observe/history/traffic-history.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Recall, Remembered } from '../standing/contract.ts';
import type { OperatorDecision, OperatorStates } from '../standing/operator-states.ts';
import type { Standing } from '../standing/standing.ts';
import type { PolicySwitches, SwitchDecision } from './policy-switches.ts';
import type { Secrets } from './serving.ts';

export type ControlState = {
  /** The same in all processes of a gateway, one after the other. */
  readonly secrets: Secrets;
  /** What operators have decided. */
  readonly operators: readonly OperatorDecision[];
  /** What they have decided about policies. */
  readonly switches: readonly SwitchDecision[];
  /** The number of the latest event. */
  readonly latestEvent: number;
  readonly backends: readonly BackendMemory[];
};

/** What is known of one backend. `key`: its identity, which may hold secrets, as a fingerprint. */
export type BackendMemory = Remembered & { readonly tenant: string; readonly key: string };

/** What a gateway can tell of itself, bit by bit. */
export type ControlSource = {
  /** All but what is known of backends, which may be much. */
  decisions(): Omit<ControlState, 'backends'>;
  backends(): Iterable<BackendMemory>;
  /** Another one after each change of the decisions. */
  decisionsVersion(): string;
  /** What has been counted and told: for whoever keeps it. `traffic` null: nobody counts. */
  readonly observed: { readonly traffic: TrafficHistory | null; readonly events: EventLog };
};

// Names of backends are resolved after the start; by then they have been probed.
const STILL_COUNTS = 60_000;

/** Finds what an earlier process knew of a backend. */
export function recallOf(memories: readonly BackendMemory[], { wall }: Pick<Clock, 'wall'>): Recall {
  let known = new Map(memories.map((memory) => [placeOf(memory.tenant, memory.key), memory]));
  const until = wall() + STILL_COUNTS;
  return (tenant, identity) => {
    if (known.size === 0) return null;
    if (wall() > until) known = new Map();
    const place = placeOf(tenant, fingerprintOf(identity));
    const memory = known.get(place) ?? null;
    // A tenant that goes and comes back is a new one.
    known.delete(place);
    return memory;
  };
}

function placeOf(tenant: string, key: string): string {
  return `${tenant} ${key}`;
}

type Deciders = {
  readonly control: {
    readonly standing: Standing<BackendPlan>;
    readonly operators: OperatorStates;
    readonly switches: PolicySwitches;
  };
  readonly recorder: { readonly events: EventLog };
  readonly traffic: TrafficHistory | null;
  readonly secrets: Secrets;
};

/** What a gateway can tell of itself. */
export function controlSource({ control, recorder, traffic, secrets }: Deciders): ControlSource {
  const { standing, operators, switches } = control;
  return {
    decisions: () => ({
      secrets,
      operators: operators.all(),
      switches: switches.all(),
      latestEvent: recorder.events.latest,
    }),
    backends: () => memoriesOf(standing),
    observed: { traffic, events: recorder.events },
    decisionsVersion: () => `${operators.version} ${switches.version} ${recorder.events.latest}`,
  };
}

/** All of it at once: for the process that takes the place of this one. */
export function exportState(source: ControlSource): ControlState {
  return { ...source.decisions(), backends: [...source.backends()] };
}

function* memoriesOf(standing: Standing<BackendPlan>): Generator<BackendMemory> {
  for (const { identity, ...memory } of standing.remembered()) yield { ...memory, key: fingerprintOf(identity) };
}
