// Composition root: a configuration and a world become a running gateway.
import { LARGEST_PEM } from '../config/load.ts';
import type { ListenAddress } from '../config/fields.ts';
import type { Config } from '../config/schema.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Certificate, ListenOptions } from '../listen/listener.ts';
import { Listeners, type ServedAddress } from '../listen/listeners.ts';
import type { GatewayEvent } from '../core/observer.ts';
import type { ExchangeObserver } from '../message/record.ts';
import type { Log } from '../observe/log.ts';
import { buildSnapshot } from './build.ts';
import { type ExplainedRequest, type Explanation, explain } from '../forward/explain.ts';
import type { Snapshot } from '../forward/snapshot.ts';
import { type TenantStatus, readStatus } from '../admin/status.ts';
import { type Parts, assemble, listenRules, readHeadLimits } from './assemble.ts';
import type { World } from '../world.ts';

export type GatewayOptions = {
  readonly config: Config;
  /** Where to listen, besides the listeners of the configuration; port 0: one that the system chooses. */
  readonly address: ListenAddress | null;
  readonly world: World;
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Told of every exchange, besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
};

// What the listeners are made of; tenants take their own part of it with every reload.
const FIXED = ['listeners', 'tls', 'limits', 'timeouts', 'dns'] as const;

/** A running gateway. */
export class Gateway {
  private constructor(
    private config: Config,
    private readonly parts: Parts,
    private readonly listeners: Listeners | null,
  ) {}

  /** Where it listens first. */
  get address(): ServedAddress {
    return this.addresses[0] ?? { hostname: '', port: 0, isTls: false };
  }

  /** Where it listens. */
  get addresses(): readonly ServedAddress[] {
    return this.listeners?.addresses ?? [];
  }

  /** Probes, but serves nothing: for `explain`. */
  static offline(options: Pick<GatewayOptions, 'config' | 'world'>): Gateway {
    const parts = assemble(options, () => options.config);
    return new Gateway(options.config, parts, null);
  }

  /** Starts to listen and to probe. An error is one line for people; nothing is left running then. */
  static async start(options: GatewayOptions): Promise<Result<Gateway, string>> {
    const { config, world } = options;
    const certificate = await readCertificate(config, world);
    if (!certificate.ok) return certificate;
    const contradiction = contradictionOf(config, certificate.value);
    if (contradiction !== null) return err(contradiction);
    let gateway: Gateway | null = null;
    const parts = assemble(options, () => gateway?.config ?? config);
    const started = Listeners.start(listenOptions(options, certificate.value), parts.listening);
    if (!started.ok) {
      parts.stop();
      return started;
    }
    gateway = new Gateway(config, parts, started.value);
    return ok(gateway);
  }

  /** Puts another configuration in force; exchanges in flight end as they began. */
  reload(config: Config): void {
    const { store, build, log } = this.parts;
    const waiting = FIXED.filter((key) => JSON.stringify(config[key]) !== JSON.stringify(this.config[key]));
    if (waiting.length > 0) log('warn', 'takes effect at the next start', { settings: waiting.join(', ') });
    this.config = config;
    const next = buildSnapshot(config, store.current, build);
    const before = store.swap(next);
    const kept = new Set(next.tenants.flatMap((tenant) => tenant.pool.backends));
    for (const backend of before.tenants.flatMap((tenant) => tenant.pool.backends)) {
      if (!kept.has(backend)) build.dismiss(backend);
    }
  }

  get log(): Log {
    return this.parts.log;
  }

  get snapshot(): Snapshot {
    return this.parts.store.current;
  }

  status(): readonly TenantStatus[] {
    return readStatus(this.snapshot);
  }

  /** How many exchanges another attempt has saved. */
  get saved(): number {
    return this.parts.recorder.saved;
  }

  /** Latencies of one backend, in buckets; see observe/latency.ts. */
  latency(tenant: string, backend: string): Uint32Array | null {
    const found = this.snapshot.tenants.find((t) => t.name === tenant)?.pool.backends.find((b) => b.name === backend);
    return found?.traffic.latency ?? null;
  }

  /** Resolves when every backend has had its first verdict, or after `limit`. */
  async settled(limit: Millis): Promise<void> {
    const { clock } = this.parts;
    const end = clock.now() + limit;
    const isSettled = (): boolean =>
      this.status().every(
        ({ backends, names }) =>
          names.every(({ state }) => state !== 'resolving') && backends.every(({ health }) => health !== 'unknown'),
      );
    while (!isSettled() && clock.now() < end) await this.parts.rest(millis(5));
  }

  /** Stops to accept, lets what is in flight end within `timeouts.shutdown`, then cuts the rest. */
  async shutdown(): Promise<void> {
    const { clock, settle } = this.parts;
    settle();
    const end = clock.now() + this.config.timeouts.shutdown;
    await this.listeners?.drain(() => clock.now() >= end, this.parts.rest);
    this.parts.stop();
  }

  /** Ends at once. */
  stop(): void {
    this.listeners?.stop();
    this.parts.stop();
  }

  /** What would happen to a request, and why. */
  explain(request: ExplainedRequest): Explanation {
    return explain(this.snapshot, readHeadLimits(this.config), request);
  }
}

function contradictionOf(config: Config, certificate: Certificate | null): string | null {
  for (const { address, tls, proxy_protocol } of config.listeners) {
    const where = `the listener ${address.hostname ?? ''}:${address.port}`;
    if (tls && certificate === null) return `${where} is to speak TLS, but tls names no certificate`;
    if (tls && proxy_protocol)
      return `${where} has both tls and proxy_protocol: the header would come before the handshake`;
  }
  return null;
}

// What was typed speaks TLS where the configuration has it, as in the original.
function listenOptions(options: GatewayOptions, certificate: Certificate | null): readonly ListenOptions[] {
  const { address, config } = options;
  const configured = config.listeners.map((listener) => ({
    ...listener.address,
    certificate: listener.tls ? certificate : null,
    proxyProtocol: listener.proxy_protocol,
    rules: listenRules(config, listener),
  }));
  if (address === null) return configured;
  return [{ ...address, certificate, proxyProtocol: false, rules: listenRules(config, null) }, ...configured];
}

async function readCertificate(config: Config, world: World): Promise<Result<Certificate | null, string>> {
  const { tls } = config;
  if (tls === undefined || !tls.enabled) return ok(null);
  const texts: string[] = [];
  for (const file of [tls.cert_file, tls.key_file]) {
    try {
      texts.push(new TextDecoder().decode(await world.readFile(file ?? '', LARGEST_PEM)));
    } catch (error) {
      return err(`cannot read the TLS file ${file ?? ''}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [cert = '', key = ''] = texts;
  return ok({ cert, key });
}
