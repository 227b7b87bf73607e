// Certificates by ACME of the gateway of a configuration file: what an earlier process has left, and who goes on with it.
import { Authority } from '../acme/authority.ts';
import { KeptCertificates, type KeptHost } from '../acme/kept-certificates.ts';
import { CertificateRenewal } from '../acme/renewal.ts';
import { restBy } from '../acme/rest.ts';
import { OnDemand } from '../acme/on-demand.ts';
import { mayDemand } from '../acme/demanded-hosts.ts';
import { Asks } from '../upstream/ask/asks.ts';
import { wantedHosts } from '../acme/wanted-hosts.ts';
import type { Certificate } from '../core/certificate.ts';
import { errorOf } from '../core/error-of.ts';
import type { Plan } from '../plan/plan.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { World } from '../world.ts';
import { webClient } from '../world/web.ts';
import type { GatewayState } from './gateway-state.ts';

/** What an earlier process has left. */
export type AcmeState = {
  /** Null: there is no place for it. */
  readonly kept: KeptCertificates | null;
  readonly hosts: Map<string, KeptHost>;
  /** Those that clients are shown from the beginning. */
  readonly adopted: ReadonlyMap<string, Certificate>;
};

/** Reads it, and removes what nobody can use any more. */
export async function readAcme(
  { folder, warnings }: Pick<GatewayState, 'folder' | 'warnings'>,
  plan: Plan,
  wall: () => number,
): Promise<AcmeState> {
  if (folder === null) return { kept: null, hosts: new Map(), adopted: new Map() };
  const ignored = (name: string, reason: string): void =>
    warnings.tell('a file of state_dir is ignored', { file: `${folder.path}/${name}`, reason });
  const kept = new KeptCertificates(folder, ignored);
  const hosts = new Map(await kept.hosts());
  const adopted = new Map<string, Certificate>();
  const wanted = wantedHosts(plan, [], wall());
  for (const [host, { certificate, onDemand }] of hosts) {
    if (wanted.has(host) || (onDemand && mayDemand(plan, host))) {
      if (certificate !== null) adopted.set(host, certificate);
    } else if (certificate === null || certificate.facts.expires < wall()) {
      hosts.delete(host);
      await kept.removeHost(host).catch((error: unknown) => ignored('', errorOf(error).message));
    }
  }
  return { kept, hosts, adopted };
}

/** Orders and renews from here on. Null: there is no place to keep what would come. */
export function beginAcme({ kept, hosts }: AcmeState, gateway: Gateway, world: World): CertificateRenewal | null {
  const { log } = gateway;
  if (kept === null) {
    if (gateway.plan.gateway.acme !== null)
      log('error', 'acme gets no certificates: there is no state_dir that could be used');
    return null;
  }
  const { clock, random, run } = world;
  const rest = restBy(clock);
  const renewal = new CertificateRenewal(
    {
      plan: () => gateway.plan,
      certificates: gateway.certificates,
      kept,
      authority: ({ url, ca }) => new Authority(url, { send: webClient(ca), wall: clock.wall, rest }),
      wall: clock.wall,
      every: clock.every,
      random,
      run,
      rest,
      deadline: (time) => AbortSignal.timeout(time),
      isAllowed: (host) => onDemand.isAllowed(host),
      tell: (news) => gateway.tell(news),
      warn: (message, reason) => log('warn', message, { reason }),
    },
    hosts,
  );
  const { ask } = new Asks(world);
  const warn = (message: string, reason: string): void => log('warn', message, { reason });
  const onDemand = new OnDemand({ plan: () => gateway.plan, certificates: renewal, ask, wall: clock.wall, warn });
  gateway.certificates.getter = (name) => onDemand.get(name);
  renewal.resume();
  return renewal;
}
