// Origins, a gateway before them and load on it: the scene of every fault.
import type { BackendStatus } from '../../src/admin/shapes/backend.ts';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import { CarefulClient, type Tally } from './careful-client.ts';
import { FaultyOrigin } from './faulty-origin.ts';
import { GatewayProcess } from './gateway-process.ts';
import { NginxOrigin } from './nginx-origin.ts';
import { until } from './until.ts';
import { startWrk, type WrkLoad, type WrkResult } from './wrk.ts';
import { pathTenant } from './yaml.ts';

type Place = { readonly name: string; readonly url: string };

const WRK_CONNECTIONS = 50;
const CAREFUL_CONNECTIONS = 5;
// Only a bound: each test ends its load itself.
const MOST_SECONDS = 120;
const PATH = '/lb/page';

/** How many clients send requests at the same time: as many requests may be under way. */
export const CLIENTS = WRK_CONNECTIONS + CAREFUL_CONNECTIONS;

/** How many answers of a backend that serves nobody well may be bad until it is out. A few in a row take it out. Meanwhile every
 * client has one request under way to it at the most, and where another process decides, it may send some more before that one
 * has its turn on a busy machine. */
export const MOST_BAD = 5 * CLIENTS;

/** A gateway whose backends are probed every second. */
export class FaultStage implements AsyncDisposable {
  private constructor(
    readonly gateway: GatewayProcess,
    private readonly size: number,
  ) {}

  /** Starts the gateway and waits until all backends are healthy. `more`: further settings of the tenant. */
  static async open(origins: readonly Place[], more = ''): Promise<FaultStage> {
    return FaultStage.with(pathTenant('/lb/', origins, more), origins.length);
  }

  /** The same with another configuration, whose only tenant has `size` backends at first. */
  static async with(yaml: string, size: number): Promise<FaultStage> {
    const stage = new FaultStage(await GatewayProcess.start(yaml), size);
    await stage.untilHealthy(size);
    return stage;
  }

  get url(): string {
    return this.gateway.url + PATH;
  }

  async tenant(): Promise<TenantStatus> {
    const { tenants } = (await (await fetch(`${this.gateway.admin}/tenants`)).json()) as {
      tenants: [TenantStatus];
    };
    return tenants[0];
  }

  async backend(name: string): Promise<BackendStatus> {
    const found = (await this.tenant()).backends.find((backend) => backend.name === name);
    if (found === undefined) throw new Error(`no backend is called ${name}`);
    return found;
  }

  /** Waits until this many backends can take requests. */
  untilHealthy(count: number): Promise<void> {
    return until(async () => (await this.tenant()).healthy === count, `${count} of ${this.size} are healthy`);
  }

  /** The changes of a backend, in order: `unhealthy`, `healthy`, `ejected`, `readmitted`. */
  changes(name: string): readonly string[] {
    const lines = this.gateway.errors.split('\n').filter((line) => line.includes(`backend=${name}`));
    return lines.flatMap((line) => / msg="backend (\w+)" /.exec(line)?.[1] ?? []);
  }

  /** Those changes that its probes and connections have caused. */
  verdicts(name: string): readonly string[] {
    return this.changes(name).filter((change) => change === 'healthy' || change === 'unhealthy');
  }

  /** Waits until no process sends requests to a backend any more. */
  untilAvoided(name: string, load: FaultLoad): Promise<void> {
    return until(async () => {
      const { requests } = await this.backend(name);
      await load.flows();
      const after = await this.backend(name);
      return after.requests === requests && after.in_flight === 0;
    }, `no request comes to ${name} any more`);
  }

  /** Begins a load on the gateway. `address`: where the careful client comes from. */
  load(address?: string): FaultLoad {
    const wrk = startWrk(this.url, { connections: WRK_CONNECTIONS, seconds: MOST_SECONDS });
    return new FaultLoad(wrk, new CarefulClient(this.gateway.port, PATH, CAREFUL_CONNECTIONS, 0, address));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
  }
}

/** The results of both clients: wrk only counts its requests, the careful client checks each of its own. */
export type LoadResult = { readonly wrk: WrkResult; readonly careful: Tally };

/** The result of a load in which no request failed. */
export const UNHARMED = {
  wrk: { socketErrors: 0, timeouts: 0, badStatuses: 0 },
  careful: { refused: 0, lost: 0, wrong: 0, hung: 0 },
};

/** A load that runs until it is ended. */
export class FaultLoad implements AsyncDisposable {
  constructor(
    private readonly wrk: WrkLoad,
    private readonly careful: CarefulClient,
  ) {}

  /** Waits until more requests have been served, by a client that sees each of them. */
  async flows(requests = 200): Promise<void> {
    const { tally } = this.careful;
    const goal = tally.served + requests;
    await until(() => tally.served >= goal, `${requests} more requests are served`);
  }

  /** Ends the load after requests have been served for a while again. */
  async end(): Promise<LoadResult> {
    await this.flows();
    return this.stop();
  }

  /** Ends the load at once. */
  async stop(): Promise<LoadResult> {
    const careful = await this.careful.end();
    return { wrk: await this.wrk.end(), careful };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.wrk.end(), this.careful[Symbol.asyncDispose]()]);
  }
}

/** Three nginx. */
export type Origins = readonly [NginxOrigin, NginxOrigin, NginxOrigin];

/** Runs the body with three nginx, a gateway in front of them, and a load that is being served. */
export async function underLoad(
  run: (scene: { stage: FaultStage; load: FaultLoad; origins: Origins }) => Promise<void>,
  more = '',
): Promise<void> {
  await using a = await NginxOrigin.start('a');
  await using b = await NginxOrigin.start('b');
  await using c = await NginxOrigin.start('c');
  await using stage = await FaultStage.open([a, b, c], more);
  await using load = stage.load();
  await load.flows();
  await run({ stage, load, origins: [a, b, c] });
}

// Another client than wrk: late answers of a single one are no evidence. Only Linux has all of 127.0.0.0/8.
const OTHER_CLIENT = process.platform === 'linux' ? '127.0.0.2' : undefined;

/** Runs the body with a faulty origin beside two nginx, a gateway in front of them, and a load that is being served. */
export async function besideFaulty(
  run: (scene: { stage: FaultStage; load: FaultLoad; origin: FaultyOrigin }) => Promise<void>,
  more = '',
): Promise<void> {
  await using a = await NginxOrigin.start('a');
  await using b = await FaultyOrigin.start('b');
  await using c = await NginxOrigin.start('c');
  await using stage = await FaultStage.open([a, b, c], more);
  await using load = stage.load(OTHER_CLIENT);
  await load.flows();
  await run({ stage, load, origin: b });
}
