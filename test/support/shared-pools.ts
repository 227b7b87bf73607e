// The pool of one tenant in several processes at a time, all of them in this one: they share their cells, and what they
// tell each other is delivered when a test says so.
import type { BalancerKind } from '../../src/balance/contract.ts';
import { balancers } from '../../src/balance/registry.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type Slot, standingFields } from '../../src/core/cells.ts';
import type { GatewayCells } from '../../src/core/gateway-cells.ts';
import { ReadTurns } from '../../src/core/read-turns.ts';
import { SendBatch } from '../../src/core/send-batch.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { compile } from '../../src/plan/compile.ts';
import type { BackendPlan } from '../../src/plan/pool-plan.ts';
import type { TenantPlan } from '../../src/plan/tenant-plan.ts';
import type { Backend } from '../../src/pools/backend.ts';
import { Pool } from '../../src/pools/pool.ts';
import type { CreateBalancer } from '../../src/pools/roster.ts';
import { SilenceWatch } from '../../src/pools/silence-watch.ts';
import { SlotTable } from '../../src/pools/slot-table.ts';
import { Waiter } from '../../src/pools/waiting-line.ts';
import { TICK } from '../../src/runtime/ticking.ts';
import type { StandingOwner } from '../../src/standing/contract.ts';
import { Tally } from '../../src/standing/tally.ts';
import { weightToCell } from '../../src/standing/word.ts';
import { seededRandom } from './balancing.ts';
import { freeShare } from './free-share.ts';
import { FakeNetwork } from './fake-network.ts';
import { type SharedProcesses, sharedProcesses } from './shared-cells.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A request of one process: it waits, is at a backend, or is over. */
export class SharedRequest extends Waiter {
  backend: Backend | null = null;
  /** It has waited in vain. */
  isRefused = false;
  private trial = 0;

  constructor(readonly process: SharedProcess) {
    super();
  }

  get isTrial(): boolean {
    return this.trial !== 0;
  }

  override admitted(backend: Backend): void {
    this.backend = backend;
    this.trial = backend.takeTrial();
    this.process.held.add(this);
  }

  override expired(): void {
    this.isRefused = true;
    this.line?.leave(this);
  }

  end(): void {
    const { backend } = this;
    this.backend = null;
    this.process.held.delete(this);
    backend?.released(this.trial);
    this.trial = 0;
  }
}

const none = (): void => undefined;
const kinds: readonly BalancerKind<unknown>[] = balancers;

/** One process with its pool. */
export class SharedProcess {
  readonly wheel = new TimerWheel(TICK);
  readonly held = new Set<SharedRequest>();
  readonly slots = new SlotTable();
  readonly pool: Pool;

  constructor(
    readonly cells: GatewayCells,
    { pool, services, balance }: TenantPlan,
    slotOf: (identity: string) => Slot,
    seed: number,
  ) {
    const { wheel } = this;
    const standing: StandingOwner<BackendPlan> = {
      open: (_tenant, _settings, plans) => plans.map(({ identity }) => slotOf(identity)),
      reason: () => null,
      moved: none,
      met: none,
      failed: none,
      answeredBadly: none,
      trialPassed: none,
      fellSilent: none,
      liftTrial: none,
      emptied: none,
      settle: none,
    };
    const kind = kinds.find(({ type }) => type === balance.type) ?? kinds[0];
    const random = seededRandom(seed);
    const create: CreateBalancer = (tools) => kind.create(balance.options, tools);
    const poolTools = {
      cells: cells.backends,
      tenants: cells.tenants,
      transport: transportTools(wheel),
      random,
      wheel,
      clock: new VirtualClock(),
      standing,
      tally: new Tally(cells.backends.traffic, wheel, standing),
      silence: new SilenceWatch(wheel, standing),
      slots: this.slots,
      affinitySecret: 'x',
    };
    this.pool = new Pool(pool, create, poolTools, freeShare());
    const plans = services.map(({ backend }) => backend);
    this.pool.open(plans, [], null);
  }

  /** A request comes, and goes as one of an exchange would. */
  request(): SharedRequest {
    const request = new SharedRequest(this);
    const backend = this.pool.take([], 0);
    if (backend !== null) request.admitted(backend);
    else if (!this.pool.isWorthWaiting || !this.pool.wait(request)) request.isRefused = true;
    return request;
  }

  /** Its client is gone, wherever it is. */
  abandon(request: SharedRequest): void {
    request.line?.leave(request);
    request.end();
  }

  tick(): void {
    while (!this.wheel.advance());
  }
}

function transportTools(wheel: TimerWheel) {
  const network = new FakeNetwork(() => {
    throw new Error('nobody connects');
  });
  return {
    dial: network.dial,
    peerHasEnded: () => false,
    wheel,
    headLimits: { headerBytes: 1, headerCount: 1, targetBytes: 1 },
    idle: { count: 0, limit: 0 },
    sending: {
      kernel: { limit: none, writeBeyondLimit: () => 0, writeBoth: () => 0, waiting: () => null },
      batch: new SendBatch((task) => task()),
    },
    turns: new ReadTurns((task) => task()),
    reportBug: none,
    reportShortage: none,
  };
}

export type SharedPools = SharedProcesses & {
  readonly members: SharedProcess[];
  /** What they have told each other, and what has not arrived yet: whom, and of which backend. */
  readonly wakes: { readonly place: number; readonly slot: Slot }[];
  readonly backendSlots: readonly Slot[];
  /** A process is gone, without a word; another one takes its place. */
  readonly kill: (place: number) => void;
  readonly deliver: () => void;
};

/** `settings`: of the tenant, as lines indented by four. */
export function sharedPools(count: number, settings: string, services: readonly string[], seed = 1): SharedPools {
  const plan = planOf(settings, services);
  const shared = sharedProcesses(count);
  const { owner, another } = shared;
  owner.tenants.take(plan.name);
  const slots = new Map(plan.services.map(({ backend }) => [backend.identity, owner.backends.take()]));
  for (const slot of slots.values()) owner.backends.standing.set(slot, standingFields.weight, weightToCell(1));
  const wakes: { place: number; slot: Slot }[] = [];
  const enter = (cells: GatewayCells, place: number): SharedProcess => {
    cells.backends.wake = (other, slot) => wakes.push({ place: other, slot });
    return new SharedProcess(cells, plan, (identity) => slots.get(identity) ?? owner.backends.take(), seed + place);
  };
  const members = shared.processes.map(enter);
  return {
    ...shared,
    members,
    wakes,
    backendSlots: [...slots.values()],
    kill(place) {
      owner.takeBack(place);
      members[place] = enter(another(place), place);
    },
    deliver() {
      const wake = wakes.shift();
      if (wake !== undefined) members[wake.place]?.slots.woken(wake.slot);
    },
  };
}

/** One tenant with these settings and services. */
export function planOf(settings: string, services: readonly string[]): TenantPlan {
  const text = `tenants:\n  - name: main\n    path_prefix: "/"\n${settings}    services: [${services.join(', ')}]\n`;
  const parsed = parseConfig({ file: 'test', text, env: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return compile(parsed.value.config).tenants[0];
}
