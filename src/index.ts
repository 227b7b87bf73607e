// What other programs import: a gateway inside them, for tests and for embedding. Types that leave this file are made here
// or in the generated config-input.ts, so that nobody needs the types of our sources or of our dependencies.
import type { KeystoneConfig } from './config/define-config.ts';
import { parseListenAddress } from './config/listen-address.ts';
import { loadConfig } from './config/load.ts';
import { jsonOfMade } from './config/made-value.ts';
import { formatProblem } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import { err } from './core/result.ts';
import { millis } from './core/units.ts';
import { compile } from './plan/compile.ts';
import { createGateway as start } from './runtime/create-gateway.ts';
import type { Gateway as OwnGateway } from './runtime/gateway.ts';
import { type World, realWorld } from './world.ts';

export { type ConfigExport, type KeystoneConfig, defineConfig } from './config/define-config.ts';
export type {
  Count,
  Duration,
  Flag,
  HealthCheckInput,
  ListenerInput,
  Reference,
  ServiceInput,
  Share,
  Size,
  TenantInput,
} from './config/config-input.ts';

/** What may be other than in a process of its own. */
export type GatewayOptions = {
  /** `HOST:PORT` to listen at, besides the listeners of the configuration; port 0: one that the system chooses. Absent: the
   * listeners; without any, a port of 127.0.0.1 that the system chooses. */
  readonly address?: string;
  /** What `${NAME}` in the configuration stands for. Absent: the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Gets each line of the log, with its line end: JSON, unless `log.format` is `text`. Absent: they go where `log.output` says. */
  readonly log?: (line: string) => void;
};

/** Where a gateway listens. */
export type GatewayAddress = {
  readonly hostname: string;
  readonly port: number;
  readonly isTls: boolean;
  /** As a client on this machine writes it, without a slash at its end. */
  readonly url: string;
};

/** A backend, as `GET /tenants` of the admin API tells it. */
export type BackendState = {
  readonly name: string;
  readonly url: string;
  /** In one word: why it gets no requests, or else how it is. */
  readonly state: string;
  readonly health: 'unknown' | 'healthy' | 'unhealthy';
  readonly eligible: boolean;
  /** Why it gets no requests; null: it gets some. */
  readonly reason: string | null;
  /** What its health was seen by; null before the first verdict. */
  readonly evidence: string | null;
  readonly in_flight: number;
  readonly requests: number;
  readonly failures: number;
};

/** A tenant, as `GET /tenants` of the admin API tells it. */
export type TenantState = {
  readonly name: string;
  /** healthy: all backends serve; degraded: only some do; unhealthy: none does. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** Requests that wait for a backend. */
  readonly waiting: number;
  readonly backends: readonly BackendState[];
};

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** Where it listens first, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly addresses: readonly GatewayAddress[];
  /** Puts another configuration in force while requests are served; resolves with what has changed, in lines for people.
   * Rejects with a `ConfigError`, or with another error that says why; the configuration of before then stays. */
  reload(config: KeystoneConfig): Promise<readonly string[]>;
  tenants(): readonly TenantState[];
  /** Resolves when every backend has had its first verdict, or after so many milliseconds (by default 5000). */
  settled(milliseconds?: number): Promise<void>;
  /** Stops to accept, lets what is in flight end within `timeouts.shutdown`, and tells how many requests have ended then and
   * how many were cut. `await using` ends it in the same way. */
  shutdown(): Promise<{ readonly finished: number; readonly cut: number }>;
  /** Ends at once. */
  stop(): void;
}

/** A configuration that cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** Everything that is wrong with it, each with the path of its setting. */
    readonly problems: readonly string[],
  ) {
    super(['the configuration cannot be used', ...problems].join('\n  '));
  }
}

/**
 * Starts a gateway inside this program: the parts and the behaviour of `keystone run` in one process, but for signals and the
 * terminal, which are the program's own business.
 *
 * Rejects with a `ConfigError`, or with an error that says why it cannot listen; nothing runs then.
 */
export async function createGateway(config: KeystoneConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const world = worldFor(options);
  const address = options.address === undefined ? {} : { address: addressOf(options.address) };
  const started = await start(await accepted(config, world), { ...address, world });
  if (!started.ok) throw new Error(started.error);
  return new EmbeddedGateway(started.value, world);
}

class EmbeddedGateway implements Gateway {
  constructor(
    private readonly gateway: OwnGateway,
    private readonly world: World,
  ) {}

  get url(): string {
    return this.addresses[0]?.url ?? '';
  }

  get addresses(): readonly GatewayAddress[] {
    return this.gateway.addresses.map(({ hostname, port, isTls }) => {
      return { hostname, port, isTls, url: urlOf(hostname, port, isTls) };
    });
  }

  async reload(config: KeystoneConfig): Promise<readonly string[]> {
    const applied = await this.gateway.apply(compile(await accepted(config, this.world)));
    switch (applied.kind) {
      case 'in_force':
        return applied.words.lines;
      case 'failed':
        throw new Error(applied.reason);
      case 'dropped':
        throw new Error('another configuration has taken its place, or the gateway ends');
    }
  }

  tenants(): readonly TenantState[] {
    return this.gateway.status();
  }

  async settled(milliseconds = 5000): Promise<void> {
    await this.gateway.settled(millis(milliseconds));
  }

  async shutdown(): Promise<{ readonly finished: number; readonly cut: number }> {
    const { finished, cut } = await this.gateway.shutdown();
    return { finished, cut };
  }

  stop(): void {
    this.gateway.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.shutdown();
  }
}

function worldFor({ environment, log }: GatewayOptions): World {
  const world = realWorld();
  return { ...world, environment: environment ?? world.environment, writeLog: log ?? world.writeLog };
}

/** What the configuration is called while it is read, like one that a program has exported. No file has this name. */
const NAME = '(configuration).ts';

async function accepted(config: KeystoneConfig, { readFile, findFiles, environment }: World): Promise<Config> {
  const json = jsonOfMade(config);
  const made = json.ok ? json : err({ at: null, ...json.error });
  const loaded = await loadConfig(NAME, environment, {
    readFile: (path, limit) => (path === NAME ? Promise.resolve(new Uint8Array()) : readFile(path, limit)),
    findFiles,
    runModule: () => Promise.resolve({ made, files: [] }),
  });
  if (loaded.ok) return loaded.value.config;
  throw new ConfigError(loaded.error.map((problem) => formatProblem({ ...problem, file: ownName(problem.file) })));
}

// Of files that are included the name is told.
function ownName(file: string): string {
  return file === NAME ? '' : file;
}

function addressOf(text: string): NonNullable<ReturnType<typeof parseListenAddress>> {
  const address = parseListenAddress(text);
  if (address === null) throw new Error(`${JSON.stringify(text)} is not an address; expected HOST:PORT`);
  return address;
}

// For a client on this machine: an address of all interfaces cannot be connected to everywhere.
function urlOf(hostname: string, port: number, isTls: boolean): string {
  const open = hostname === '::' || hostname === '0.0.0.0' ? 'localhost' : hostname;
  return `${isTls ? 'https' : 'http'}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
