// The program as an executable, which has no shell script around it: what bin/keystone does before it starts the runtime has
// to be done here, and the runtime then started again. Nothing else is loaded before.
import { AS } from './world/as.ts';
import { restartWith } from './world/restart.ts';

/** From bin/keystone, put in by scripts/build.ts. */
declare const RUNTIME_SETTINGS: Readonly<Record<string, string>>;

// Only for what serves: a short command gains nothing by these settings, and starting the runtime twice takes 6 ms.
if (serves(process.argv[2])) restartWith(RUNTIME_SETTINGS);
await import('./main.ts');

// Options alone mean `run`. A role has the environment of who has started it, and would lose its channel to it.
function serves(command: string | undefined): boolean {
  return command === 'run' || (command?.startsWith('-') === true && command !== AS);
}
