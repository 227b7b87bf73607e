// The demo itself, without its display: origins, gateway and clients, and the kills and restarts of origins.
import { parseConfig } from '../../src/config/parse.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { type Result, err, ok } from '../../src/core/result.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { VERSION } from '../../src/core/version.ts';
import { createGateway } from '../../src/runtime/create-gateway.ts';
import type { Gateway } from '../../src/runtime/gateway.ts';
import { type Histogram, quantile } from '../../src/core/traffic-totals.ts';
import { describeRule } from '../../src/route/rules.ts';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import type { World } from '../../src/world.ts';
import { formatUrl } from '../../src/cli/address.ts';
import { type Origin, startOrigins } from '../origins/origin.ts';
import { Journal } from './journal.ts';
import { Meter } from './meter.ts';
import { type Act, type Timing, actAt, announce } from './schedule.ts';
import { CONFIG, PAUSE, VISITS, configEnvironment } from './setting.ts';
import type { BackendView, DemoEvent, DemoState, TenantView } from './state.ts';
import { Traffic } from './traffic.ts';
import { type Drill, reviewDrills } from './verdict.ts';

export type StageOptions = {
  readonly world: World;
  readonly timing: Timing;
  readonly onEvent: (event: DemoEvent) => void;
};

const SAMPLE_EVERY = millis(200);
const SETTLE_LIMIT = millis(3000);

type Cast = {
  readonly origins: readonly Origin[];
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly beganAt: Millis;
};

/** A running demo. */
export class Stage {
  private readonly meter = new Meter();
  private readonly traffic: Traffic;
  private readonly stopSampling: () => void;
  private stopWaiting: () => void = () => undefined;
  private nextAct: Act | null = null;
  private isEnding = false;

  private constructor(
    private readonly options: StageOptions,
    private readonly cast: Cast,
  ) {
    const { world } = options;
    const { clock, random, connect } = world;
    const { address } = cast.gateway;
    const onFailure = (text: string): void => cast.journal.failure(text);
    this.traffic = new Traffic({ clock, random, connect, address, visits: VISITS, onFailure });
    this.stopSampling = clock.every(SAMPLE_EVERY, () => this.sample());
    this.sample();
    this.prepare(0);
  }

  /** Starts everything, or nothing. The error is one line for people. */
  static async start(options: StageOptions): Promise<Result<Stage, string>> {
    const { clock } = options.world;
    const origins = await startOrigins(options.timing.origins, PAUSE);
    if (!origins.ok) return origins;
    let beganAt = clock.now();
    const journal = new Journal(() => millis(clock.now() - beganAt), options.onEvent);
    const gateway = await startGateway(options.world, origins.value, journal);
    if (!gateway.ok) {
      for (const origin of origins.value) origin.kill();
      return gateway;
    }
    await gateway.value.settled(SETTLE_LIMIT);
    beganAt = clock.now();
    return ok(new Stage(options, { origins: origins.value, gateway: gateway.value, journal, beganAt }));
  }

  state(): DemoState {
    const { gateway, journal } = this.cast;
    const { hostname, port, isTls } = gateway.address;
    const { total, failed } = this.traffic;
    const url = formatUrl(hostname, port, isTls);
    return {
      version: VERSION,
      url,
      uptime: this.now(),
      traffic: {
        perSecond: this.meter.perSecond(),
        history: this.meter.history,
        total,
        failed,
        saved: gateway.totals.whole().saved,
      },
      tenants: gateway.status().map((tenant) => this.viewTenant(tenant)),
      events: journal.events.toArray(),
      next: announce(this.nextAct, this.options.timing.end, this.now()),
      attempt: `curl -H 'Host: shop.localhost' ${url}/`,
      dashboard: dashboardOf(gateway),
    };
  }

  /** The outcome of every kill so far. */
  drills(): readonly Drill[] {
    const { acts, changes } = this.cast.journal;
    const tenants = this.cast.gateway.status();
    const tenantsOf = (origin: string): readonly string[] =>
      tenants.filter((tenant) => tenant.backends.some(({ name }) => name === origin)).map(({ name }) => name);
    return reviewDrills(acts.toArray(), changes.toArray(), tenantsOf);
  }

  /** Ends the clients first, then the gateway, then the origins, so that every request is still answered. */
  async end(): Promise<void> {
    this.isEnding = true;
    this.stopWaiting();
    this.stopSampling();
    await this.traffic.stop();
    await this.cast.gateway.shutdown();
    for (const origin of this.cast.origins) origin.kill();
  }

  private now(): Millis {
    return millis(this.options.world.clock.now() - this.cast.beganAt);
  }

  private prepare(index: number): void {
    const act = this.isEnding ? null : actAt(this.options.timing, index);
    this.nextAct = act;
    if (act === null) return;
    const wait = millis(Math.max(0, act.at - this.now()));
    this.stopWaiting = this.options.world.clock.after(wait, () => {
      this.perform(act);
      this.prepare(index + 1);
    });
  }

  private perform(act: Act): void {
    const { origins, journal } = this.cast;
    const origin = origins.find(({ name }) => name === act.origin);
    journal.act(act);
    if (act.kind === 'kill') origin?.kill();
    else void this.revive(origin);
  }

  private async revive(origin: Origin | undefined): Promise<void> {
    const started = await origin?.start();
    if (started?.ok === false) this.cast.journal.failure(started.error);
    // The demo may have ended while the origin started.
    if (this.isEnding) origin?.kill();
  }

  private sample(): void {
    const requests = new Map<string, number>();
    for (const tenant of this.cast.gateway.status()) {
      for (const backend of tenant.backends) requests.set(keyOf(tenant.name, backend.name), backend.requests);
    }
    this.meter.add({ at: this.now(), total: this.traffic.total, requests });
  }

  private viewTenant(tenant: TenantStatus): TenantView {
    const { name, domains, path_prefix, healthy } = tenant;
    const shares = this.meter.shares(tenant.backends.map((backend) => keyOf(name, backend.name)));
    const backends = tenant.backends.map((backend, index): BackendView => {
      const latencies = this.cast.gateway.totals.backend(name, backend.name)?.firstByte ?? null;
      return {
        ...backend,
        share: shares[index] ?? 0,
        p50: inMilliseconds(latencies, 0.5),
        p99: inMilliseconds(latencies, 0.99),
      };
    });
    return {
      name,
      rule: describeRule({ host: domains[0] ?? null, prefix: path_prefix, path: null }),
      healthy,
      backends,
    };
  }
}

async function startGateway(
  world: World,
  origins: readonly Origin[],
  journal: Journal,
): Promise<Result<Gateway, string>> {
  const parsed = parseConfig({ file: 'demo.yaml', text: CONFIG, env: configEnvironment(origins) });
  if (!parsed.ok) return err(parsed.error.map(formatProblem).join('\n'));
  const { config } = parsed.value;
  // The journal reads its lines.
  const log = { ...config.log, format: 'text' } as const;
  return await createGateway(
    { ...config, log },
    {
      world: { ...world, writeLog: (line) => journal.logLine(line) },
      onEvent: (event) => journal.gatewayEvent(event),
    },
  );
}

function dashboardOf({ adminAddress: address }: Gateway): string | null {
  return address?.kind === 'tcp' ? formatUrl(address.hostname, address.port, false) : null;
}

function keyOf(tenant: string, backend: string): string {
  return `${tenant}/${backend}`;
}

function inMilliseconds(latencies: Histogram | null, part: number): number | null {
  const seconds = latencies === null ? null : quantile(latencies, part);
  return seconds === null ? null : seconds * 1000;
}
