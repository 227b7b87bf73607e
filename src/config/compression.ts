// Which responses are compressed: settings of the gateway, and of tenants that differ.
import { z } from 'zod';
import { flag } from '../core/settings.ts';
import { options } from '../policies/compression/options.ts';
import { defaulted, optional } from '../core/described.ts';

const { level, min_bytes: minBytes, content_types: contentTypes } = options.shape;

// Those of the original come first. Fonts in WOFF and WOFF2 are compressed by themselves.
const TYPES = [
  'text/html',
  'text/css',
  'text/javascript',
  'application/json',
  'application/xml',
  'text/plain',
  'application/javascript',
  'application/x-javascript',
  'application/ecmascript',
  'application/manifest+json',
  'application/ld+json',
  'application/problem+json',
  'application/vnd.api+json',
  'application/geo+json',
  'application/graphql-response+json',
  'application/x-ndjson',
  'application/xhtml+xml',
  'application/rss+xml',
  'application/atom+xml',
  'application/rdf+xml',
  'application/problem+xml',
  'application/soap+xml',
  'application/wasm',
  'application/yaml',
  'application/rtf',
  'application/vnd.ms-fontobject',
  'application/x-font-ttf',
  'application/x-font-otf',
  'font/ttf',
  'font/otf',
  'font/collection',
  'image/svg+xml',
  'image/bmp',
  'image/x-icon',
  'image/vnd.microsoft.icon',
  'text/xml',
  'text/markdown',
  'text/csv',
  'text/calendar',
  'text/vcard',
  'text/vtt',
  'text/x-component',
  'text/cache-manifest',
];

export const compression = z.strictObject({
  enabled: defaulted(flag, 'Whether responses are compressed for clients that ask for it. A tenant may override it.', {
    value: true,
    reason: 'as in the original.',
  }),
  level: defaulted(level, 'From fastest (1) to smallest (9). A tenant may override it.', {
    value: 5,
    reason: 'as in the original; higher levels cost much time for the last few percent.',
  }),
  min_bytes: defaulted(minBytes, 'Bodies that are known to be smaller are not compressed. A tenant may override it.', {
    value: '256B',
    reason: 'such a body leaves in one packet with its head in any case, so there is next to nothing to gain.',
  }),
  content_types: defaulted(
    contentTypes,
    'Media types that are compressed; `type/*` for a whole family. Parameters are ignored. A tenant may override it.',
    {
      value: TYPES,
      reason:
        'what browsers load as text, in all names that it goes by, and what is not compressed by itself; most images, video, archives and web fonts (woff) are.',
    },
  ),
});

const own = (key: string) => `Overrides \`compression.${key}\` for this tenant.`;

export const tenantCompression = z.strictObject({
  enabled: optional(flag, own('enabled')),
  level: optional(level, own('level')),
  min_bytes: optional(minBytes, own('min_bytes')),
  content_types: optional(contentTypes, own('content_types')),
});
