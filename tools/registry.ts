// The commands that show and measure a gateway. They are no part of the product; `bin/keystone` offers them beside its own.
import { demo } from './demo/command.ts';
import { loadTest } from './load-test/command.ts';

export const tools = [loadTest, demo] as const;
