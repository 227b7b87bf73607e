// The protocols that a backend may be spoken to in.
import { defaulted } from '../core/described.ts';
import { choice } from '../core/settings.ts';

export const protocols = ['h1', 'h2', 'auto'] as const;

/** `protocol` of a service. */
export const protocol = defaulted(
  choice(protocols),
  'How requests are sent to it. `h1`: HTTP/1.1, a connection for each. `h2`: HTTP/2, many over one connection; for `http` without asking first (prior knowledge), as servers of gRPC want it. `auto`: for `https` what the backend chooses in the TLS handshake (ALPN), for `http` HTTP/1.1. A WebSocket goes over a stream to a backend of `h2` that says it takes them (RFC 8441), to any other of `h2` as an ordinary request; `auto` uses HTTP/1.1 for it. Any other change of protocol needs HTTP/1.1: `h1` or `auto`.',
  {
    value: 'h1',
    reason:
      'every backend speaks it, and a connection that is lost takes one request with it; many origins count their limits by connection.',
  },
);
