// The options of the smaller benches: each a word with a default.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GATEWAY_COMMAND, wholeNumber } from './options.ts';

/** What was typed. `gateway` and `output` are there in every bench. */
export type Words = {
  of(name: string): string;
  list(name: string): readonly string[];
  /** Throws with the option's name where it is no whole number of at least `least`. */
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
