// Which endpoint a request is for.
import type { RequestView } from '../message/request-view.ts';
import type { Entrance } from './access.ts';
import type { AdminEndpoint } from './contract.ts';
import { matchPath } from './match-path.ts';
import { endpoints } from './registry.ts';

/** The paths that the API is found below: at its own address every path that scripts may use. */
export function basePaths({ kind }: Entrance, publicPath: string | null): readonly string[] {
  const configured = publicPath === null ? [] : [publicPath];
  return kind === 'public' ? configured : ['', USUAL_PATH, ...configured];
}

const USUAL_PATH = '/admin';

export type Found =
  | { readonly endpoint: AdminEndpoint; readonly path: Readonly<Record<string, string>> }
  /** The path is one of the API's, but not with this method. */
  | { readonly endpoint: null; readonly allowed: readonly string[] };

/** Null: the path is none of the API's. */
export function findBelow(bases: readonly string[], request: RequestView): Found | null {
  for (const base of bases) {
    const isBelow = request.path.startsWith(`${base}/`);
    const found = isBelow ? findEndpoint(request.path.slice(base.length), request.method) : null;
    if (found !== null) return found;
  }
  return null;
}

function findEndpoint(path: string, method: string): Found | null {
  const allowed: string[] = [];
  for (const endpoint of endpoints) {
    const parameters = matchPath(endpoint.path, path);
    if (parameters === null) continue;
    if (takes(endpoint, method)) return { endpoint, path: parameters };
    allowed.push(...(endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method]));
  }
  return allowed.length === 0 ? null : { endpoint: null, allowed };
}

function takes(endpoint: AdminEndpoint, method: string): boolean {
  return method === endpoint.method || (method === 'HEAD' && endpoint.method === 'GET');
}
