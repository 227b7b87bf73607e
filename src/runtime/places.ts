// Where a gateway listens by its plan, and by what rules.
import type { ListenAddress } from '../config/listen-address.ts';
import type { Result } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { ListenRules } from '../listen/contract.ts';
import type { ListenOptions } from '../listen/listener.ts';
import { Listeners } from '../listen/listeners.ts';
import type { ListenOn } from '../listen/sockets.ts';
import type { ClientRules, Plan } from '../plan/plan.ts';
import type { Certificates } from './certificates.ts';
import type { ServingParts } from './serving.ts';

// How long we read on after our FIN, so that a client still gets what was sent to it.
const LINGER = millis(2000);

/** `number`: its place among the listeners of the plan; null: it was typed. */
export type Place = ListenOptions & { readonly number: number | null };

export function bindAll(
  places: readonly Place[],
  parts: Pick<ServingParts, 'listening' | 'listeningAt'>,
  listenOn?: ListenOn,
): Result<Listeners, string> {
  return Listeners.bind(
    places,
    ({ number }) => (number === null ? parts.listening : parts.listeningAt(number)),
    listenOn,
  );
}

// What was typed speaks TLS where the configuration has it, as in the original.
export function listenOptions(
  { address, plan }: { readonly address: ListenAddress | null; readonly plan: Plan },
  certificates: Certificates | null,
): readonly Place[] {
  const { listeners, typed } = plan.gateway.start;
  const planned = listeners.map(({ hostname, port, tls, proxyProtocol, rules }, number) => ({
    address: { kind: 'tcp' as const, hostname, port },
    proxyProtocol,
    number,
    certificates: tls ? certificates : null,
    rules: listenRules(rules),
    share: 'clients' as const,
  }));
  if (address === null) return planned;
  const own = { certificates, proxyProtocol: 'off', rules: listenRules(typed), share: 'clients' } as const;
  return [{ address: { kind: 'tcp', ...address }, ...own, number: null }, ...planned];
}

export function listenRules(rules: ClientRules): ListenRules {
  return { ...rules, timeouts: { ...rules.timeouts, linger: LINGER } };
}
