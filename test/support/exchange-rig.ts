// The gateway from its exchanges to its connections, on a clock and a network that a test moves.
import { parseConfig } from '../../src/config/parse.ts';
import type { ConnectAddress, Connector } from '../../src/core/connector.ts';
import { Departures } from '../../src/core/departures.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { BackendChange } from '../../src/core/observer.ts';
import { ReadTurns } from '../../src/core/read-turns.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { TurnClock } from '../../src/core/turn.ts';
import { millis } from '../../src/core/units.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import type { Exchange } from '../../src/forward/exchange.ts';
import { Exchanges } from '../../src/forward/exchanges.ts';
import { HealthScheduler } from '../../src/probing/scheduler.ts';
import { RequestIds } from '../../src/http1/request-id.ts';
import type { Downstream } from '../../src/message/contract.ts';
import { EMPTY, latin1 } from '../../src/message/bytes.ts';
import type { LocalResponse } from '../../src/message/local-response.ts';
import type { AttemptRecord, ExchangeRecord } from '../../src/message/record.ts';
import { type Backend, DEPARTED } from '../../src/pools/backend.ts';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { OperatorStates } from '../../src/standing/operator-states.ts';
import type { Pool } from '../../src/pools/pool.ts';
import { buildSnapshot } from '../../src/runtime/build.ts';
import { SnapshotStore } from '../../src/forward/snapshot.ts';
import { FakeNetwork } from './fake-network.ts';
import { requestHead, wire } from './heads.ts';
import { ScriptedLookup } from './scripted-lookup.ts';
import { VirtualClock } from './virtual-clock.ts';

const TICK = millis(50);
const HEAD_LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };
// What is sent arrives at once.
const NO_KERNEL = { limit: () => undefined, press: () => 0, waiting: () => null };
const SENDING = { kernel: NO_KERNEL, departures: new Departures((task) => task()) };
const TURNS = new ReadTurns((task) => task());

/** What a record says, kept. */
type EndedExchange = Pick<
  ExchangeRecord,
  'tenantName' | 'status' | 'failure' | 'attemptCount' | 'bytesIn' | 'bytesOut' | 'times'
> & {
  readonly backend: string | null;
  /** `METHOD target`. */
  readonly line: string | null;
};
type EndedAttempt = Omit<AttemptRecord, 'exchange' | 'backend'> & { readonly backend: string };

function copyOf(record: ExchangeRecord): EndedExchange {
  const { tenantName, status, failure, attemptCount, bytesIn, bytesOut, request, backend, times } = record;
  const line = request === null ? null : latin1(request.bytes, request.start, request.targetEnd);
  const kept = { tenantName, status, failure, attemptCount, bytesIn, bytesOut };
  return { ...kept, times: { ...times }, backend: backend?.name ?? null, line };
}

/** Everything but the listeners. */
export class ExchangeRig {
  readonly clock = new VirtualClock();
  readonly wheel = new TimerWheel(TICK);
  readonly network = new FakeNetwork((address) => this.backendAt(address));
  readonly lookup = new ScriptedLookup();
  readonly scheduler: HealthScheduler;
  readonly discovery: Discovery;
  readonly store: SnapshotStore;
  readonly changes: BackendChange[] = [];
  readonly ended: EndedExchange[] = [];
  readonly attempts: EndedAttempt[] = [];
  /** Ports of backends whose probes fail. */
  readonly ill = new Set<number>();
  /** Told of every client that has its answer, or has left. */
  clientEnded: (client: FakeClient) => void = () => undefined;
  private readonly exchanges: Exchanges;
  private readonly build: Parameters<typeof buildSnapshot>[2];
  private stopTicking = (): unknown => undefined;

  constructor(yaml: string, random: () => number = () => 0.5) {
    const { clock, wheel, network } = this;
    const observer = {
      wantsAttempts: true,
      exchangeEnded: (record: ExchangeRecord) => this.ended.push(copyOf(record)),
      attemptEnded: ({ backend, number, isHedge, outcome, began, ended }: AttemptRecord) =>
        this.attempts.push({ backend: backend.name, number, isHedge, outcome, began, ended }),
      backendChanged: (change: BackendChange) => this.changes.push(change),
    };
    this.scheduler = new HealthScheduler(clock, random, {
      connect: this.probed,
      run: () => Promise.reject(new Error('no program')),
      call: () => Promise.reject(new Error('no call')),
    });
    this.discovery = new Discovery({ lookup: this.lookup, clock, random, timeout: millis(1000) });
    const dismiss = (backend: Backend): void => {
      backend.owner = DEPARTED;
      this.scheduler.remove(backend);
      backend.transport.closeIdle();
    };
    const { scheduler, discovery } = this;
    const admin = { handle: () => ({ status: 404, headers: [], body: EMPTY }) };
    const operators = new OperatorStates();
    const idle = { count: 0, limit: 1000 };
    const reportBug = (error: Error): unknown => network.bugs.push(error);
    this.build = {
      wheel,
      clock,
      scheduler,
      observer,
      operators,
      dismiss,
      transport: {
        dial: network.dial,
        wheel,
        headLimits: HEAD_LIMITS,
        idle,
        sending: SENDING,
        turns: TURNS,
        reportBug,
      },
      random,
      discovery,
      affinitySecret: 'x',
      admin,
    };
    this.store = new SnapshotStore(buildSnapshot(read(yaml), null, this.build));
    const turnClock = new TurnClock(clock, (task) => task());
    const ids = new RequestIds(random);
    this.exchanges = new Exchanges({
      store: this.store,
      clock,
      turnClock,
      wheel,
      observer,
      ids,
      random,
      reportBug,
    });
    this.stopTicking = clock.every(TICK, () => wheel.advance());
  }

  /** As the gateway does it. */
  reload(yaml: string): void {
    const next = buildSnapshot(read(yaml), this.store.current, this.build);
    const before = this.store.swap(next);
    const kept = new Set(next.tenants.flatMap((tenant) => tenant.pool.backends));
    for (const backend of before.tenants.flatMap((tenant) => tenant.pool.backends))
      if (!kept.has(backend)) this.build.dismiss(backend);
  }

  /** Probes and names rest, and the clock stands. */
  stop(): void {
    this.scheduler.stop();
    this.discovery.close();
    this.stopTicking();
  }

  /** Of the first tenant. */
  get pool(): Pool {
    return this.store.current.tenants[0].pool;
  }

  backend(name: string): Backend {
    const found = this.pool.backends.find((backend) => backend.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  private backendAt({ hostname, port }: ConnectAddress): Backend {
    const all = this.store.current.tenants.flatMap(({ pool }) => pool.backends);
    const found = all.find(({ address }) => address.hostname === hostname && address.port === port);
    if (found === undefined) throw new Error(`there is nothing at ${hostname}:${port}`);
    return found;
  }

  /** Begins a request; `body`: its beginning, of `length`. */
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
    client.begin(this.exchanges.acquire(), (exchange) => {
      exchange.open(client, head);
      exchange.start(text.length, text.length + body.length, ended);
    });
  }

  private readonly probed: Connector = ({ port }, events) => {
    let isGone = false;
    queueMicrotask(() => {
      if (isGone) return;
      if (this.ill.has(port)) return events.failed(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      events.opened();
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

function read(yaml: string): Plan {
  const parsed = parseConfig({ file: 'test', text: yaml, env: {} });
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('\n'));
  return compile(parsed.value.config);
}

/** A client with one request, which holds the gateway to its contract. */
export class FakeClient implements Downstream {
  readonly client = { address: '10.0.0.1', isTls: false, forwardedLines: EMPTY, namesHost: false, plainLines: EMPTY };
  requestPayload = 0;
  /** How it ended: a status, or what broke it off. Null: not yet. */
  outcome: number | 'cut' | 'gone' | null = null;
  failure: Failure | null = null;
  /** What the gateway itself has answered. */
  response: LocalResponse | null = null;
  isPaused = false;
  /** The backends had not seen a byte of the answer. */
  hasHead = false;
  exchange: Exchange | null = null;
  responseStatus = 0;
  responseBytes = 0;

  constructor(
    readonly id: number,
    readonly method: string,
    /** Of the body, what has not come yet. */
    public missing: number,
    private readonly rig: ExchangeRig,
  ) {}

  get isOpen(): boolean {
    return this.exchange !== null;
  }

  begin(exchange: Exchange, start: (exchange: Exchange) => void): void {
    this.exchange = exchange;
    start(exchange);
  }

  sendMore(size: number): void {
    const { exchange } = this;
    const part = Math.min(size, this.missing);
    if (exchange === null || part === 0) return;
    this.missing -= part;
    exchange.requestBody(wire('x'.repeat(part)), 0, part);
    if (this.missing === 0 && this.exchange === exchange) exchange.requestEnd();
  }

  breakBody(failure: Failure): void {
    if (this.missing > 0) this.exchange?.requestFailed(failure);
  }

  leave(): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.end('gone');
    exchange.downstreamGone();
  }

  sendHead(head: { readonly status: number }): boolean {
    this.expectOpen('sendHead');
    if (this.hasHead) throw new Error('two heads');
    this.hasHead = true;
    this.responseStatus = head.status;
    return true;
  }

  sendInterim(): void {
    this.expectOpen('sendInterim');
  }

  sendBody(): boolean {
    this.expectOpen('sendBody');
    return true;
  }

  sendUpgrade(head: { readonly status: number }): boolean {
    return this.sendHead(head);
  }

  finish(): void {
    this.end(this.responseStatus)?.left();
  }

  respond(response: LocalResponse): void {
    this.response = response;
    this.responseStatus = response.status;
    this.end(response.status)?.left();
  }

  abort(failure: Failure): void {
    this.failure = failure;
    if (!this.hasHead) this.responseStatus = 503;
    this.end(this.hasHead ? 'cut' : 503)?.left();
  }

  pauseRequest(): void {
    this.isPaused = true;
  }

  resumeRequest(): void {
    this.isPaused = false;
  }

  private end(outcome: number | 'cut' | 'gone'): Exchange | null {
    this.expectOpen('end');
    const { exchange } = this;
    this.outcome = outcome;
    this.exchange = null;
    this.rig.clientEnded(this);
    return exchange;
  }

  private expectOpen(what: string): void {
    if (this.exchange === null) throw new Error(`${what} after the end`);
  }
}
