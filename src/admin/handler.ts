// Answers all requests below the admin base path. None of them goes to a backend.
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import { isFromPage, isOperator } from './access.ts';
import type { AdminEndpoint, AdminSources } from './contract.ts';
import { json } from './json.ts';
import { matchPath } from './match-path.ts';
import { endpoints } from './registry.ts';

export type AdminOptions = { readonly basePath: string; readonly tokens: readonly string[] };

/** The admin API. `options` is called for each request, because a reload may change its result. */
export function createAdminHandler(options: () => AdminOptions, sources: AdminSources): LocalHandler {
  return { handle: (request) => handle(request, options(), sources) };
}

function handle(
  request: RequestView,
  options: AdminOptions,
  sources: AdminSources,
): LocalResponse | Promise<LocalResponse> {
  const found = findEndpoint(request.path.slice(options.basePath.length));
  if (found === null) {
    return json(404, {
      error: 'no such endpoint',
      endpoints: endpoints.map(({ method, path }) => `${method} ${options.basePath}${path}`),
    });
  }
  const { endpoint, path } = found;
  if (!takes(endpoint, request.method)) {
    const allowed = endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method;
    return json(405, { error: `${request.method} is not served here` }, [['Allow', allowed]]);
  }
  const refusal = endpoint.access === 'operator' ? refuse(request, endpoint, options.tokens) : null;
  return refusal ?? endpoint.answer({ request, path, query: new URLSearchParams(request.query) }, sources);
}

type Found = { readonly endpoint: AdminEndpoint; readonly path: Readonly<Record<string, string>> };

function findEndpoint(path: string): Found | null {
  for (const endpoint of endpoints) {
    const parameters = matchPath(endpoint.path, path);
    if (parameters !== null) return { endpoint, path: parameters };
  }
  return null;
}

function takes(endpoint: AdminEndpoint, method: string): boolean {
  return method === endpoint.method || (method === 'HEAD' && endpoint.method === 'GET');
}

function refuse(request: RequestView, endpoint: AdminEndpoint, tokens: readonly string[]): LocalResponse | null {
  if (!isOperator(request, tokens)) {
    if (tokens.length > 0)
      return json(401, { error: 'a valid token is needed' }, [['WWW-Authenticate', 'Bearer realm="keystone"']]);
    return json(403, {
      error:
        'only requests from this machine, to its address or localhost, are served; configure admin.tokens to allow others',
    });
  }
  // A page of another site can make an operator's browser send a request from this machine, but not one with a token.
  const isForged = endpoint.method === 'POST' && tokens.length === 0 && isFromPage(request);
  return isForged
    ? json(403, { error: 'requests from web pages are not served; configure admin.tokens to allow them' })
    : null;
}
