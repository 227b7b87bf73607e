// Answers everything below the admin base path; nothing there is ever proxied.
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import { isOperator } from './access.ts';
import type { AdminSources } from './contract.ts';
import { json } from './json.ts';
import { endpoints } from './registry.ts';

export type AdminOptions = { readonly basePath: string; readonly tokens: readonly string[] };

/** The admin API. `options` are asked for each request, because a reload may change them. */
export function createAdminHandler(options: () => AdminOptions, sources: AdminSources): LocalHandler {
  return { handle: (request) => handle(request, options(), sources) };
}

function handle(request: RequestView, options: AdminOptions, sources: AdminSources): LocalResponse {
  const path = request.path.slice(options.basePath.length);
  const endpoint = endpoints.find((candidate) => candidate.path === path);
  if (endpoint === undefined) {
    return json(404, { error: 'no such endpoint', endpoints: endpoints.map((e) => options.basePath + e.path) });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return json(405, { error: `${request.method} is not served here` }, [['Allow', 'GET, HEAD']]);
  }
  if (endpoint.access === 'operator' && !isOperator(request, options.tokens)) return refuse(options.tokens.length > 0);
  return endpoint.get(request, sources);
}

function refuse(hasTokens: boolean): LocalResponse {
  if (hasTokens)
    return json(401, { error: 'a valid token is needed' }, [['WWW-Authenticate', 'Bearer realm="keystone"']]);
  return json(403, { error: 'only from this machine; configure admin.tokens to allow others' });
}
