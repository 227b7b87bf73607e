// Addresses with the protocols that are offered there. What is remembered of TLS with a peer belongs to its options, so that the
// same ones must be used for each connection.
import type { ConnectAddress } from '../core/connector.ts';

type Offer = { readonly protocols: Uint8Array; readonly address: ConnectAddress };

const offers = new WeakMap<ConnectAddress, Offer>();

/** The address, where these protocols are offered as ALPN has them on the wire. Without TLS, the address itself. */
export function offering(address: ConnectAddress, protocols: Uint8Array): ConnectAddress {
  const { tls } = address;
  if (tls === null) return address;
  const known = offers.get(address);
  if (known?.protocols === protocols) return known.address;
  const made = { ...address, tls: { ...tls, ALPNProtocols: protocols } };
  offers.set(address, { protocols, address: made });
  return made;
}
