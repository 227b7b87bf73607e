// A gateway inside another program.
import type { ListenAddress } from '../config/listen-address.ts';
import type { Config } from '../config/schema.ts';
import type { Result } from '../core/result.ts';
import { compile } from '../plan/compile.ts';
import { realWorld } from '../world.ts';
import { Gateway } from './gateway.ts';
import type { GatewayOptions } from './gateway-options.ts';

/** What may be other than in a process of its own. */
export type EmbeddingOptions = Partial<Omit<GatewayOptions, 'plan'>>;

// For a configuration without listeners: a port that the system chooses, for this machine alone.
const LOCAL: ListenAddress = { hostname: '127.0.0.1', port: 0 };

/**
 * Starts a gateway inside this program: the parts and the behaviour of `keystone run`, but for signals, the terminal and
 * the file, which are the program's own business. `config` comes from `parseConfig` or `loadConfig`.
 *
 * It listens where the configuration says, and at `address`; `gateway.addresses` has the ports that the system has chosen.
 * `gateway.apply(compile(config))` puts another configuration in force while requests are served, and `gateway.shutdown()`
 * lets them end. Its log goes to the standard error, unless `world` has another `writeLog`.
 *
 * An error is one line for people; nothing runs then.
 */
export function createGateway(config: Config, options: EmbeddingOptions = {}): Promise<Result<Gateway, string>> {
  return Gateway.start({ address: null, usualAddress: LOCAL, world: realWorld(), ...options, plan: compile(config) });
}
