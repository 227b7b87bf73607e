// A gateway from the moment it serves to its end: a signal ends it, or another process has taken its place.
import type { CertificateRenewal } from '../acme/renewal.ts';
import type { Millis } from '../core/units.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { AuditFile } from '../state/audit-file.ts';
import type { StateKeeper } from '../state/keeper.ts';
import type { PastWatch } from '../state/past/past-watch.ts';
import { turnAway } from '../supervise/sockets.ts';
import type { World } from '../world.ts';
import { between } from './reloader.ts';
import type { Service } from './service.ts';
import type { Replacement, Upgrader } from './upgrader.ts';

export type Serving = {
  readonly gateway: Gateway;
  /** Null: nothing is kept. */
  readonly keeper: StateKeeper | null;
  /** The same. */
  readonly past: PastWatch | null;
  /** Null: certificates are in files only. */
  readonly renewal: CertificateRenewal | null;
  /** Null: in memory alone. */
  readonly audit: AuditFile | null;
  readonly upgrader: Upgrader;
  readonly world: World;
  readonly service: Service;
};

/** `stopped` resolves with the signal. */
export async function serveUntil(stopped: Promise<string>, serving: Serving): Promise<void> {
  const end = await Promise.race([stopped, serving.upgrader.replaced]);
  if (typeof end === 'string') await stop(end, serving);
  else await leave(end, stopped, serving);
}

async function stop(
  signal: string,
  { gateway, keeper, past, renewal, audit, upgrader, world: { clock }, service }: Serving,
): Promise<void> {
  gateway.log('info', 'shutting down', { signal });
  await upgrader.abandon();
  service.stopping();
  const from = clock.now();
  const [{ finished, cut }] = await Promise.all([gateway.shutdown(), keeper?.settle(), renewal?.pause()]);
  await Promise.all([keeper?.end(), past?.pause()]);
  await audit?.settled();
  const ended = { requests_finished: finished, requests_cut: cut, took: between(from, clock.now()) };
  gateway.log(cut > 0 ? 'warn' : 'info', 'shut down', ended);
  service.stop();
}

// Clients of this process have their time; all others are the other one's.
async function leave(
  { pid, version, unused }: Replacement,
  stopped: Promise<string>,
  { gateway, audit, world: { clock, sockets } }: Serving,
): Promise<void> {
  gateway.log('info', 'another process has taken the place of this one', { process: pid, version });
  const rest = (delay: Millis): Promise<void> => new Promise((resolve) => clock.after(delay, resolve));
  const from = clock.now();
  if (sockets !== null) await turnAway(unused, sockets, rest);
  const { upgradeTimeout, shutdown } = gateway.plan.gateway;
  const cutShort = stopped.then(() => rest(shutdown.timeout)).then(() => null);
  const ending = await Promise.race([gateway.shutdown(upgradeTimeout), cutShort]);
  const ended = ending === null ? {} : { requests_finished: ending.finished, requests_cut: ending.cut };
  gateway.log('info', 'the process of before has ended', { ...ended, took: between(from, clock.now()) });
  await audit?.settled();
  if (ending === null) gateway.stop();
}
