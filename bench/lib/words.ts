// The command line of the smaller benchmarks: options with a text each, and a default for it.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GATEWAY_COMMAND, wholeNumber } from './options.ts';

/** The options' values. Every benchmark has `gateway` and `output`. */
export type Words = {
  of(name: string): string;
  list(name: string): readonly string[];
  /** Throws, and names the option, if its value is no whole number of at least `least`. */
  count(name: string, least?: number): number;
};

/** Reads the command line; `--help` prints the usage and ends the process. */
export function readWords(usage: string, own: Readonly<Record<string, string>>): Words {
  const defaults: Readonly<Record<string, string>> = {
    gateway: GATEWAY_COMMAND,
    output: fileURLToPath(new URL('../results', import.meta.url)),
    ...own,
  };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
  );
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } } });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const given: Readonly<Record<string, unknown>> = values;
  const of = (name: string): string => {
    const value = given[name];
    return typeof value === 'string' ? value : '';
  };
  return { of, list: (name) => of(name).split(','), count: (name, least = 1) => wholeNumber(name, of(name), least) };
}
