// All kinds of policies. A new one is a file beside this one and a line here.
import { apiKey } from './auth/api-key.ts';
import { basicAuth } from './auth/basic-auth.ts';
import { forwardAuth } from './auth/forward-auth.ts';
import { jwt } from './auth/jwt/jwt.ts';
import { body } from './body.ts';
import { botLimits } from './bots/bot-limits.ts';
import { cache } from './cache/cache.ts';
import { compression } from './compression/compression.ts';
import { concurrency } from './concurrency.ts';
import { cors } from './cors.ts';
import { errorPages } from './error-pages/error-pages.ts';
import { grpcWeb } from './grpc-web/grpc-web.ts';
import { headers } from './headers.ts';
import { ipAccess } from './ip-access.ts';
import { maintenance } from './maintenance.ts';
import { mirror } from './mirror.ts';
import { openapi } from './openapi/openapi.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { redirect } from './redirect.ts';
import { rewrite } from './rewrite/rewrite.ts';
import { securityHeaders } from './security-headers.ts';
import { split } from './split/split.ts';
import { fixedAnswer } from './static.ts';

/** Those that stand in lists of policies, by their types. */
export const listed = [
  ipAccess,
  maintenance,
  rateLimit,
  concurrency,
  body,
  botLimits,
  redirect,
  rewrite,
  cors,
  basicAuth,
  apiKey,
  jwt,
  forwardAuth,
  cache,
  grpcWeb,
  headers,
  securityHeaders,
  fixedAnswer,
  errorPages,
  split,
  mirror,
  openapi,
] as const;

/** All of them. Compression has a key of its own. */
export const policies = [compression, ...listed] as const;
