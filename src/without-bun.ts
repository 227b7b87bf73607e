// What `import 'keystone-gateway'` is in a runtime other than Bun: a configuration can be written and checked by the compiler
// anywhere; a gateway needs Bun's sockets.
export { defineConfig } from './config/define-config.ts';

/** Says what is missing. */
export function createGateway(): Promise<never> {
  return Promise.reject(new Error('createGateway needs Bun as the runtime: run this program with bun'));
}

/** Never thrown here. */
export class ConfigError extends Error {}
