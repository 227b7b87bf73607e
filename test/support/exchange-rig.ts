// The gateway from its exchanges to its connections, on a clock and a network that a test moves.
import type { LeavingReport } from '../../src/admin/shapes/backend.ts';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import { readLeaving, readStatus } from '../../src/admin/status.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { ConnectAddress, Connector } from '../../src/core/connector.ts';
import type { GatewayEvent } from '../../src/core/observer.ts';
import type { AttemptRecord, ExchangeRecord } from '../../src/message/record.ts';
import type { Backend } from '../../src/pools/backend.ts';
import type { OperatorCommand } from '../../src/standing/operator-states.ts';
import type { Report } from '../../src/standing/standing.ts';
import { type Bytes, bytes as bytesOf } from '../../src/core/units.ts';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Pool } from '../../src/pools/pool.ts';
import type { PreparedChange } from '../../src/runtime/apply.ts';
import { processFields } from '../../src/core/cells.ts';
import { type Crumb, readCrumb } from '../../src/core/crumb.ts';
import { OWN } from '../../src/core/gateway-cells.ts';
import { type AssembleOptions, type Parts, assemble } from '../../src/runtime/assemble.ts';
import { type Steps, atOnce } from '../../src/core/slices.ts';
import { policies as allPolicies } from '../../src/policies/registry.ts';
import { balancers as allBalancers } from '../../src/balance/registry.ts';
import type { Difference } from '../../src/plan/difference.ts';
import { type SnapshotStore, backendsOf } from '../../src/forward/snapshot.ts';
import { type EndedAttempt, type EndedExchange, copyOf } from './ended.ts';
import { FakeClient } from './fake-client.ts';
import { FakeNetwork } from './fake-network.ts';
import { requestHead, wire } from './heads.ts';
import { rigWorld } from './rig-world.ts';
import { ScriptedLookup } from './scripted-lookup.ts';
import { VirtualClock } from './virtual-clock.ts';

type Kinds = Pick<AssembleOptions, 'balancers' | 'policies'> & {
  /** Turns of the event loop end only by `endTurn`; absent: each as soon as anybody waits for its end. */
  readonly hasLongTurns?: boolean;
};

/** Everything but the listeners. */
export class ExchangeRig {
  readonly clock = new VirtualClock();
  readonly network = new FakeNetwork((address) => this.backendAt(address));
  readonly lookup = new ScriptedLookup();
  readonly ended: EndedExchange[] = [];
  readonly attempts: EndedAttempt[] = [];
  /** Ports of backends whose probes fail. */
  readonly ill = new Set<number>();
  /** Ports of backends whose probes get no answer. */
  readonly mute = new Set<number>();
  /** The ports of all probes so far. */
  readonly probes: number[] = [];
  /** Called for every client that has its answer or has left. */
  clientEnded: (client: FakeClient) => void = () => undefined;
  /** The memory that the process uses. */
  residentBytes: Bytes = bytesOf(0);
  private readonly parts: Parts;
  private readonly tasks: (() => void)[] = [];

  /** `kinds`: more kinds of balancers and policies that the plan may name. */
  constructor(yaml: string | Plan, random: () => number = () => 0.5, kinds: Kinds = {}) {
    const observer = {
      wantsAttempts: true,
      exchangeEnded: (record: ExchangeRecord) => this.ended.push(copyOf(record)),
      attemptEnded: ({ backend, number, isHedge, outcome, began, ended }: AttemptRecord) =>
        this.attempts.push({ backend: backend.name, number, isHedge, outcome, began, ended }),
    };
    this.parts = assemble({
      plan: typeof yaml === 'string' ? read(yaml) : yaml,
      world: rigWorld({
        clock: this.clock,
        network: this.network,
        lookup: this.lookup,
        connect: this.probed,
        random,
        afterEvents: (task) => (kinds.hasLongTurns === true ? this.tasks.push(task) : task()),
        residentBytes: () => this.residentBytes,
      }),
      observers: [observer],
      balancers: [...allBalancers, ...(kinds.balancers ?? [])],
      policies: [...allPolicies, ...(kinds.policies ?? [])],
    });
  }

  /** The events at hand are dealt with. */
  endTurn(): void {
    for (const task of this.tasks.splice(0)) task();
  }

  get store(): SnapshotStore {
    return this.parts.store;
  }

  get plan(): Plan {
    return this.parts.inForce.plan;
  }

  reload(yaml: string): void {
    atOnce(this.apply(read(yaml)));
  }

  /** The same, in steps that the test takes itself. */
  apply(plan: Plan): Steps<Difference> {
    return this.parts.inForce.apply(plan);
  }

  /** Makes what a plan needs, and puts it in force only when told. */
  prepare(plan: Plan): Steps<PreparedChange> {
    return this.parts.inForce.prepare(plan);
  }

  /** Ends all probes and the resolution of names. */
  settle(): void {
    this.parts.settle();
  }

  /** Ends everything. */
  stop(): void {
    this.parts.stop();
  }

  /** The pool of the first tenant. */
  get pool(): Pool {
    return this.store.current.sites[0].current.pool;
  }

  /** Gives an operator's command. */
  command({ slot }: Backend, command: OperatorCommand): void {
    this.parts.control.standing.command(slot, command, { token: null, address: '127.0.0.1' });
  }

  /** What Standing reports of a backend. */
  report(name: string): Report {
    const report = this.parts.control.standing.report(this.backend(name).slot);
    if (report === null) throw new Error(`${name} has no standing`);
    return report;
  }

  /** What the admin API would say. */
  status(): readonly TenantStatus[] {
    return [...readStatus(this.store.current, this.parts.control)];
  }

  /** What it would say of backends that a reload has removed or moved. */
  leaving(): readonly LeavingReport[] {
    return readLeaving(this.parts.control);
  }

  /** What it has said that it does. */
  get crumb(): Crumb | null {
    return readCrumb(this.parts.cells.processes.own(OWN, processFields.crumb));
  }

  /** What operators have been told. */
  get events(): readonly GatewayEvent[] {
    return this.parts.recorder.events.after(0);
  }

  /** How many backends still have a slot in the cells. */
  get slotsInUse(): number {
    return this.parts.control.cells.inUse;
  }

  backend(name: string): Backend {
    const [first] = this.store.current.sites;
    const found = backendsOf(first.current).find((backend) => backend.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  private backendAt({ hostname, port }: ConnectAddress): Backend {
    const all = this.store.current.sites.flatMap(({ current }) => backendsOf(current));
    const found = all.find(({ address }) => address.hostname === hostname && address.port === port);
    if (found === undefined) throw new Error(`there is nothing at ${hostname}:${port}`);
    return found;
  }

  /** Begins a request; `body`: the beginning of its body, whose length is `length`. */
  request(method: string, id: number, body = '', length = body.length, fields = ''): FakeClient {
    const size = length === 0 ? '' : `Content-Length: ${length}\r\n`;
    const text = `${method} /${id} HTTP/1.1\r\nHost: x\r\n${size}${fields}\r\n`;
    const client = new FakeClient(id, method, length - body.length, this);
    this.start(client, text, body, length === body.length);
    return client;
  }

  /** Begins a request without a body, by the text of its head. */
  send(text: string): FakeClient {
    const client = new FakeClient(0, text.split(' ', 1)[0], 0, this);
    this.start(client, text, '', true);
    return client;
  }

  private start(client: FakeClient, text: string, body: string, ended: boolean): void {
    const head = requestHead(text + body);
    client.begin(this.parts.listening.exchanges.acquire(), (exchange) => {
      exchange.open(client, head);
      exchange.start(text.length, text.length + body.length, ended);
    });
  }

  private readonly probed: Connector = ({ port }, events) => {
    let isGone = false;
    this.probes.push(port);
    queueMicrotask(() => {
      if (isGone) return;
      if (this.ill.has(port)) return events.failed(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      events.opened();
      if (this.mute.has(port)) return;
      events.received(wire('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    return {
      write: () => undefined,
      destroy: () => {
        isGone = true;
      },
    };
  };
}

export function read(yaml: string): Plan {
  const parsed = parseConfig({ file: 'test', text: yaml, env: {} });
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('\n'));
  return compile(parsed.value.config);
}
