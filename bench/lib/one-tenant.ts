// The gateway of this checkout with one tenant, at a path of its own.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { waitUntilServing } from './network.ts';
import { freePort } from '../../test/support/ports.ts';
import type { Child, Stage } from './processes.ts';

const PROGRAM = resolve(import.meta.dir, '../../bin/keystone');
const PREFIX = '/asked/';
const BODY = 1024;

export type OneTenant = { readonly child: Child; readonly url: URL };

type Setup = {
  readonly origins: readonly number[];
  readonly core: number | null;
  /** Settings of the tenant beside its backends. */
  readonly more?: object;
  /** Of the gateway, lines of its configuration. */
  readonly settings?: string;
};

/** Starts it with one process that serves. The URL is that of 1 KiB. */
export async function startOneTenant(
  stage: Stage,
  { origins, core, more = {}, settings = '' }: Setup,
): Promise<OneTenant> {
  const port = freePort();
  const services = origins.map((origin, at) => ({ name: `o${at}`, url: `http://127.0.0.1:${origin}` }));
  const tenant = { name: 'asked', path_prefix: PREFIX, services, ...more };
  const file = join(stage.directory, `keystone-${port}.yaml`);
  writeFileSync(file, `admin: { address: none }\n${settings}tenants:\n  - ${JSON.stringify(tenant)}\n`);
  const argv = [PROGRAM, 'run', '-c', file, '--addr', `127.0.0.1:${port}`, '--workers', '1'];
  const child = stage.start({ argv, core, environment: { XDG_STATE_HOME: stage.directory } });
  const url = new URL(`http://127.0.0.1:${port}${PREFIX}1k`);
  await waitUntilServing(child, url.href, BODY);
  return { child, url };
}
