// Where clients connect.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { flag, setting } from '../core/settings.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { listenAddress, name } from './fields.ts';
import { listenerLimits, listenerTimeouts } from './limits.ts';

/** Whose PROXY protocol headers a listener believes. `off`: it expects none. */
export type ProxyProtocol = 'off' | 'trusted' | 'any';

type ProxyProtocolText = boolean | 'true' | 'false' | { readonly from: 'trusted' | 'any' };

/** `true`, `false`, or a map that says in words whose headers count. */
export const proxyProtocol = setting<ProxyProtocolText, ProxyProtocol>({
  type: 'true, false or `{ from: any }`',
  expected: 'true, false, { from: trusted } or { from: any }',
  json: {
    anyOf: [
      { type: ['boolean', 'string'], pattern: '^(true|false)$|\\$\\{' },
      {
        type: 'object',
        properties: { from: { enum: ['trusted', 'any'] } },
        required: ['from'],
        additionalProperties: false,
      },
    ],
  },
  parse(value) {
    if (value === true || value === 'true') return ok('trusted');
    if (value === false || value === 'false') return ok('off');
    const from = typeof value === 'object' && value !== null && 'from' in value ? value.from : null;
    const isKnown = typeof value === 'object' && value !== null && Object.keys(value).length === 1;
    if (isKnown && (from === 'trusted' || from === 'any')) return ok(from);
    return err({ message: '{value} does not say whose headers count' });
  },
});

const HTTPS_PORT = 443;

/** The port that clients are sent to; null: they are not. */
export const redirectToHttps = setting<boolean | number | string, number | null>({
  type: 'true, false or a port',
  expected: 'true, false, or the port that clients know',
  json: { type: ['boolean', 'integer', 'string'], minimum: 1, maximum: 65_535, pattern: '^(true|false|\\d+)$|\\$\\{' },
  parse(value) {
    if (value === true || value === 'true') return ok(HTTPS_PORT);
    if (value === false || value === 'false') return ok(null);
    const port = /^\d{1,5}$/.test(String(value)) ? Number(value) : 0;
    return port >= 1 && port <= 65_535 ? ok(port) : err({ message: '{value} is neither' });
  },
});

export const listener = z.strictObject({
  name: optional(
    name,
    'Its name, unique among the listeners, by which tenants say that they are served on it alone (`listeners` of a tenant).',
  ),
  address: described(listenAddress, 'HOST:PORT; without a host, every address of the machine.'),
  tls: defaulted(flag, 'Whether it speaks TLS, with the certificate of `tls`.', {
    value: false,
    reason: 'plain listeners need no certificate.',
  }),
  proxy_protocol: defaulted(
    proxyProtocol,
    'Whether every connection begins with a PROXY protocol header, version 1 or 2. What it says of the client counts where it comes from one of `trusted_proxies`; for any other peer its own address counts, unless `{ from: any }` says that every peer is believed. With `tls` it comes before the handshake.',
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
  redirect_to_https: defaulted(
    redirectToHttps,
    'Whether it answers every request for a tenant with a redirect to the same address by https: `true`, or a port where that is not 443. `/.well-known/acme-challenge/` is served all the same, and so is what a trusted proxy says came by https. Not together with `tls`.',
    { value: false, reason: 'a site without TLS is not to be lost.' },
  ),
  http2: defaulted(
    flag,
    'Whether clients may speak HTTP/2 where it speaks TLS: they choose it in the handshake (ALPN), and all others get HTTP/1.1.',
    { value: true, reason: 'every browser asks for it, and many requests share one connection.' },
  ),
  h2c: defaulted(
    flag,
    'Whether plain clients may speak HTTP/2 from their first byte (prior knowledge, RFC 9113 3.3), as gRPC clients do without TLS. HTTP/1.1 is served beside it. Not together with `tls`.',
    { value: false, reason: 'no browser does this; only programs that were told to.' },
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
