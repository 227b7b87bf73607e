// Where clients connect.
import { z } from 'zod';
import { flag } from '../core/settings.ts';
import { defaulted, described, listenAddress } from './fields.ts';
import { listenerLimits, listenerTimeouts } from './limits.ts';

export const listener = z.strictObject({
  address: described(listenAddress, 'HOST:PORT; without a host, every address of the machine.'),
  tls: defaulted(flag, 'Whether it speaks TLS, with the certificate of `tls`.', {
    value: false,
    reason: 'plain listeners need no certificate.',
  }),
  proxy_protocol: defaulted(
    flag,
    'Whether every connection begins with a PROXY protocol header, version 1 or 2. Not together with `tls`, whose handshake would have to follow the header.',
    { value: false, reason: 'a client that can send such a header can claim any address.' },
  ),
  half_close: defaulted(
    flag,
    'Whether a client that has closed only its sending half (`nc -N`, `socat`) still gets the responses that it waits for. Not together with `tls`, where nobody does this to ask for something.',
    {
      value: false,
      reason:
        'a client that closes its connection while it waits has nearly always gone, and its request would hold a place at a backend in vain; nginx, Node.js and Go read it in the same way.',
    },
  ),
  limits: defaulted(listenerLimits, 'Where the listener differs from `limits`.', {
    value: {},
    reason: 'most listeners do not differ.',
  }),
  timeouts: defaulted(listenerTimeouts, 'Where the listener differs from `timeouts`.', {
    value: {},
    reason: 'most listeners do not differ.',
  }),
});
