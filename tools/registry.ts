// The commands that show and measure a gateway. The product does not need them; `bin/keystone` offers them beside its own.
import { demo } from './demo/command.ts';
import { loadTest } from './load-test/command.ts';

export const tools = [loadTest, demo] as const;
