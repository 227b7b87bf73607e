// The listeners that a plan wants, and those that whoever starts the gateway has asked for besides.
import type { Entrance } from '../admin/access.ts';
import { type AdminAddress, isLocalAddress } from '../config/admin.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { CertificateSource } from '../core/certificate-source.ts';
import { type Result, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { ListenRules } from '../listen/contract.ts';
import type { WantedListener } from '../listen/listeners.ts';
import type { ClientRules } from '../plan/listener-plan.ts';
import type { GatewayPlan } from '../plan/plan.ts';
import { type Places, type WantedPlace, wantedPlaces } from '../plan/wanted-addresses.ts';
import type { ServingParts } from './serving.ts';

type ClientTools = Pick<ServingParts, 'listeningAt'> & { readonly certificates: CertificateSource };

/** Those of clients; the error is one line for people. */
export function clientListeners(
  gateway: GatewayPlan,
  places: Places,
  tools: ClientTools,
): Result<readonly WantedListener[], string> {
  const wanted = wantedPlaces(gateway, places);
  return wanted.ok ? ok(wanted.value.map((place) => clientListener(place, gateway, tools))) : wanted;
}

function clientListener(
  { key, askedBy, address, isTls, listener }: WantedPlace,
  { typed }: GatewayPlan,
  { certificates, listeningAt }: ClientTools,
): WantedListener {
  return {
    key,
    askedBy,
    isOptional: false,
    address,
    certificates: isTls ? certificates : null,
    proxyProtocol: listener?.proxyProtocol ?? 'off',
    rules: listenRules(listener?.rules ?? typed),
    share: 'clients',
    toolsOf: () => listeningAt(listener === null && address.kind === 'tcp' ? formatListenAddress(address) : key),
  };
}

// Operators are few; each that follows events has a connection. The limits for clients do not apply, so that operators get
// in while the gateway is full.
const OPERATORS = { connections: 256, connectionsPerClient: Number.POSITIVE_INFINITY };

/** That of the admin API, if it has an address of its own. A configured address must be free. Nobody has asked for the usual
 * one: another gateway may have it. */
export function adminListeners(
  { admin, typed }: GatewayPlan,
  usual: AdminAddress,
  { adminListening }: Pick<ServingParts, 'adminListening'>,
): readonly WantedListener[] {
  const address = admin.address ?? usual;
  if (address.kind === 'none') return [];
  const place = address.kind === 'unix' ? `unix:${address.path}` : formatListenAddress(address);
  return [
    {
      key: `admin ${place}`,
      askedBy: 'admin.address',
      isOptional: admin.address === null,
      address: address.kind === 'unix' ? { ...address, permissions: admin.socket } : address,
      certificates: null,
      proxyProtocol: 'off',
      rules: { ...listenRules(typed), ...OPERATORS },
      share: 'operators',
      toolsOf: () => adminListening(entranceOf(address)),
    },
  ];
}

function entranceOf(address: Exclude<AdminAddress, { readonly kind: 'none' }>): Entrance {
  if (address.kind === 'unix') return { kind: 'own', trusts: 'everybody', hostname: null };
  return { kind: 'own', trusts: isLocalAddress(address) ? 'this machine' : 'tokens', hostname: address.hostname };
}

// How long we read on after our FIN, so that a client still gets what was sent to it.
const LINGER = millis(2000);

function listenRules(rules: ClientRules): ListenRules {
  return { ...rules, timeouts: { ...rules.timeouts, linger: LINGER } };
}
