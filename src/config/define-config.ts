// The types of a configuration that is a program: `keystone.config.ts`.
import type { ConfigInput } from './config-input.ts';

/** A configuration as a file has it: durations as `'5s'`, sizes as `'32KiB'`, and so on. */
export type KeystoneConfig = ConfigInput;

type MadeLater = () => KeystoneConfig | Promise<KeystoneConfig>;

/** What `keystone.config.ts` exports by default: the configuration, or a function that returns it. */
export type ConfigExport = KeystoneConfig | MadeLater;

/** Gives editors and the compiler the types of a configuration. It returns what it gets. */
export function defineConfig(config: MadeLater): MadeLater;
// The last one is what the compiler speaks of where something is wrong. It is not generic, so that it finds keys that do not
// exist.
export function defineConfig(config: KeystoneConfig): KeystoneConfig;
export function defineConfig(config: ConfigExport): ConfigExport {
  return config;
}
