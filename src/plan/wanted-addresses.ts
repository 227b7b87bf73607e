// Where a plan wants clients to be served, and where whoever starts the gateway does.
import { type ListenAddress, formatListenAddress, isTakenBy } from '../config/listen-address.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { GatewayPlan } from './plan.ts';
import type { ListenerPlan } from './listener-plan.ts';

/** Where to listen by the will of whoever starts the gateway. */
export type Places = {
  /** Besides the listeners of plans; null: nowhere. Port 0: one that the system chooses. */
  readonly address: ListenAddress | null;
  /** Where neither a plan nor `address` says where; null: nowhere. */
  readonly usualAddress: ListenAddress | null;
};

export type WantedPlace = {
  /** Two plans mean the same place by the same key. */
  readonly key: string;
  /** What has asked for it: a setting, or an option of the command line. */
  readonly askedBy: string;
  readonly address: { readonly kind: 'tcp' } & ListenAddress;
  readonly isTls: boolean;
  /** Null: it was typed. */
  readonly listener: ListenerPlan | null;
};

/** All of them; the error is one line for people. */
export function wantedPlaces(gateway: GatewayPlan, places: Places): Result<readonly WantedPlace[], string> {
  const { address } = places;
  if (address !== null && gateway.listeners.some((listener) => isTakenBy(address, listener)))
    return err(askedForTwice(address));
  const own = typedAddress(gateway, places);
  const planned = gateway.listeners.map(
    (listener, at): WantedPlace => ({
      key: listener.key,
      askedBy: `listeners[${at}].address`,
      address: { kind: 'tcp', hostname: listener.hostname, port: listener.port },
      isTls: listener.tls,
      listener,
    }),
  );
  return ok(own === null ? planned : [typedPlace(own, gateway), ...planned]);
}

/** The address that no plan has; null: there is none. */
export function typedAddress({ listeners }: GatewayPlan, { address, usualAddress }: Places): ListenAddress | null {
  return address ?? (listeners.length === 0 ? usualAddress : null);
}

// It speaks TLS where the configuration has it, as in the original.
function typedPlace(address: ListenAddress, { tls }: GatewayPlan): WantedPlace {
  return {
    key: `typed ${formatListenAddress(address)}`,
    askedBy: '--addr',
    address: { kind: 'tcp', ...address },
    isTls: tls !== null,
    listener: null,
  };
}

function askedForTwice({ hostname, port }: ListenAddress): string {
  const place = `${hostname ?? ''}:${port}`;
  return `${place} was asked for, but a listener of the configuration has it already; one of the two has to go`;
}
