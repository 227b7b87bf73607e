// The commands of the product. A new one is a new file and one line here.
import { audit } from './audit.ts';
import { check } from './check.ts';
import { completion } from './completion.ts';
import { config } from './config.ts';
import { disable } from './disable.ts';
import { drain } from './drain.ts';
import { enable } from './enable.ts';
import { events } from './events.ts';
import { explain } from './explain.ts';
import { history } from './history.ts';
import { init } from './init.ts';
import { key } from './key.ts';
import { logLevel } from './log-level.ts';
import { maintenance } from './maintenance.ts';
import { purge } from './purge.ts';
import { reload } from './reload.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { status } from './status.ts';
import { token } from './token.ts';
import { tail } from './tail.ts';
import { top } from './top.ts';
import { upgrade } from './upgrade.ts';
import { version } from './version.ts';
import { weight } from './weight.ts';

export const commands = [
  run,
  reload,
  config,
  history,
  audit,
  rollback,
  upgrade,
  status,
  top,
  tail,
  events,
  drain,
  disable,
  enable,
  weight,
  maintenance,
  purge,
  logLevel,
  init,
  key,
  token,
  check,
  explain,
  schema,
  completion,
  version,
] as const;
