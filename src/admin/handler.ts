// The admin API. None of its requests goes to a backend.
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import type { AdminPlan } from '../plan/plan.ts';
import { type Access, type AccessControl, type Doubt, type Entrance, isFromOtherSite, isMadeHere } from './access.ts';
import type { AdminCall, AdminEndpoint, AdminSources } from './contract.ts';
import { dashboardAnswer } from './dashboard.ts';
import { json } from './json.ts';
import { matchPath } from './match-path.ts';
import { endpoints } from './registry.ts';

export type AdminTools = {
  /** What is in force: a reload may change it. */
  readonly options: () => AdminPlan;
  readonly sources: AdminSources;
  readonly access: AccessControl;
};

/** The admin API, as it is behind one of its entrances. */
export function createAdminHandler(entrance: Entrance, tools: AdminTools): LocalHandler {
  return { handle: (request) => handle(request, entrance, tools) };
}

function handle(
  request: RequestView,
  entrance: Entrance,
  { options, sources, access }: AdminTools,
): LocalResponse | Promise<LocalResponse> {
  const { publicPath, tokens } = options();
  const bases = basePaths(entrance, publicPath);
  const page = entrance.kind === 'own' ? dashboardAnswer(request, bases) : null;
  if (page !== null) return page;
  const found = findBelow(bases, request.path);
  const asker = access.admit(request, entrance, tokens);
  if (found === null) return noSuchEndpoint(asker);
  const { endpoint, path } = found;
  if (!takes(endpoint, request.method)) {
    const allowed = endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method;
    return json(405, { error: `${request.method} is not served here` }, [['Allow', allowed]]);
  }
  const call = { request, path, query: new URLSearchParams(request.query) };
  if (endpoint.access === 'operator') return answerOperator(endpoint, call, asker, sources);
  const isInside = asker.kind === 'operator' || isMadeHere(request, entrance);
  const told =
    asker.kind === 'stranger' && asker.why === 'two tokens' ? null : endpoint.answer(call, isInside, sources);
  return told ?? refusal(asker);
}

function answerOperator(
  endpoint: Extract<AdminEndpoint, { readonly access: 'operator' }>,
  call: AdminCall,
  asker: Access,
  sources: AdminSources,
): LocalResponse | Promise<LocalResponse> {
  if (asker.kind === 'stranger') return refusal(asker);
  // A page of another site can make an operator's browser send a request from this machine, but not one with a token.
  const isForged = endpoint.method === 'POST' && asker.operator.token === null && isFromOtherSite(call.request);
  if (isForged)
    return json(403, { error: 'requests from web pages of other sites are not served, unless they carry a token' });
  const answer = (): LocalResponse | Promise<LocalResponse> => {
    const obstacle = endpoint.method === 'POST' ? sources.obstacle() : null;
    if (obstacle !== null) return json(503, { error: obstacle }, [['Retry-After', '1']]);
    return endpoint.answer({ ...call, operator: asker.operator }, sources);
  };
  const caughtUp = sources.caughtUp();
  return caughtUp === null ? answer() : answerAfter(caughtUp, answer);
}

async function answerAfter(
  caughtUp: Promise<void>,
  answer: () => LocalResponse | Promise<LocalResponse>,
): Promise<LocalResponse> {
  await caughtUp;
  return await answer();
}

// At its own address the API is found below every path that scripts may use.
function basePaths({ kind }: Entrance, publicPath: string | null): readonly string[] {
  const configured = publicPath === null ? [] : [publicPath];
  return kind === 'public' ? configured : ['', USUAL_PATH, ...configured];
}

const USUAL_PATH = '/admin';

type Found = { readonly endpoint: AdminEndpoint; readonly path: Readonly<Record<string, string>> };

function findBelow(bases: readonly string[], path: string): Found | null {
  for (const base of bases) {
    const found = path.startsWith(`${base}/`) ? findEndpoint(path.slice(base.length)) : null;
    if (found !== null) return found;
  }
  return null;
}

function findEndpoint(path: string): Found | null {
  for (const endpoint of endpoints) {
    const parameters = matchPath(endpoint.path, path);
    if (parameters !== null) return { endpoint, path: parameters };
  }
  return null;
}

function noSuchEndpoint({ kind }: Access): LocalResponse {
  const error = 'no such endpoint';
  if (kind === 'stranger') return json(404, { error });
  return json(404, { error, endpoints: endpoints.map(({ method, path }) => `${method} ${path}`) });
}

function takes(endpoint: AdminEndpoint, method: string): boolean {
  return method === endpoint.method || (method === 'HEAD' && endpoint.method === 'GET');
}

type Refusal = { readonly status: number; readonly error: string; readonly headers: LocalResponse['headers'] };

const CHALLENGE: LocalResponse['headers'] = [['WWW-Authenticate', 'Bearer realm="keystone"']];
const NOT_LOCAL =
  'without a token only requests made on this machine are served, to its address or localhost; configure admin.tokens to allow others';

const REFUSALS: Readonly<Record<Doubt, Refusal>> = {
  'two tokens': { status: 400, error: 'there is more than one Authorization field', headers: [] },
  'wrong token': { status: 401, error: 'a valid token is needed', headers: CHALLENGE },
  'token needed': { status: 401, error: 'a valid token is needed', headers: CHALLENGE },
  'too many wrong tokens': {
    status: 429,
    error: 'too many wrong tokens came from this address; try again in a second',
    headers: [['Retry-After', '1']],
  },
  'no tokens configured': {
    status: 403,
    error:
      'operators need a token here, and none is configured: configure admin.tokens, or use the address that the admin API has for itself',
    headers: [],
  },
  forwarded: { status: 403, error: NOT_LOCAL, headers: [] },
  'foreign host': { status: 403, error: NOT_LOCAL, headers: [] },
};

function refusal(asker: Access): LocalResponse {
  const { status, error, headers } = REFUSALS[asker.kind === 'stranger' ? asker.why : 'token needed'];
  return json(status, { error }, headers);
}
