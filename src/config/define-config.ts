// The types of a configuration that is a program: `keystone.config.ts`.
import type { ConfigInput } from './config-input.ts';

/** A configuration as a file has it: durations as `'5s'`, sizes as `'32KiB'`, and so on. */
export type KeystoneConfig = ConfigInput;

/** What `keystone.config.ts` exports by default: the configuration, or a function that returns it. */
export type ConfigExport = KeystoneConfig | (() => KeystoneConfig | Promise<KeystoneConfig>);

/** Gives editors and the compiler the types of a configuration. It returns what it gets. */
export function defineConfig<const Export extends ConfigExport>(config: Export & ConfigExport): Export {
  return config;
}
