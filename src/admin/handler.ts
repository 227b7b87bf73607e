// The admin API. None of its requests goes to a backend.
import type { z } from 'zod';
import type { Operator } from '../core/observer.ts';
import type { LocalAnswer, LocalBody, LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import type { AdminPlan } from '../plan/plan.ts';
import { type Access, type AccessControl, type Doubt, type Entrance, isFromOtherSite, isMadeHere } from './access.ts';
import type { AuditLog } from './audit-log.ts';
import type { AdminCall, AdminEndpoint, AdminSources, Rights, SessionDoor } from './contract.ts';
import { dashboardAnswer } from './dashboard.ts';
import { type Input, inputOf } from './input.ts';
import { json } from './json.ts';
import { matchPath } from './match-path.ts';
import { endpoints } from './registry.ts';
import { allowsScope, isChange, mayAsk, scopeOf, seesTenant } from './rights.ts';
import { sessionCookie } from './sessions.ts';

export type AdminTools = {
  /** What is in force: a reload may change it. */
  readonly options: () => AdminPlan;
  readonly sources: AdminSources;
  readonly access: AccessControl;
  /** Who has changed what. */
  readonly audit: AuditLog;
};

/** The admin API, as it is behind one of its entrances. */
export function createAdminHandler(entrance: Entrance, tools: AdminTools): LocalHandler {
  return { handle: (request, body) => handle({ request, body, entrance, tools }) };
}

type Asked = {
  readonly request: RequestView;
  readonly body: LocalBody;
  readonly entrance: Entrance;
  readonly tools: AdminTools;
};

type Answers = LocalAnswer | Promise<LocalAnswer>;

function handle(asked: Asked): Answers {
  const { request, entrance, tools } = asked;
  const { publicPath, tokens } = tools.options();
  const bases = basePaths(entrance, publicPath);
  const page = entrance.kind === 'own' ? dashboardAnswer(request, bases) : null;
  if (page !== null) return page;
  const found: Found | null = findBelow(bases, request);
  const asker = tools.access.admit(request, entrance, tokens);
  if (found === null) return noSuchEndpoint(asker);
  if (found.endpoint === null) {
    const error = `${request.method} is not served here`;
    return json(405, { error }, [['Allow', found.allowed.join(', ')]]);
  }
  const { endpoint, path } = found;
  const call = { request, path, query: new URLSearchParams(request.query), input: null };
  switch (endpoint.access) {
    case 'public':
      return answerPublic(endpoint, call, asker, asked);
    case 'reachable':
      return entrance.kind === 'own' ? endpoint.answer(call, tools.sources) : ELSEWHERE;
    case 'session':
      return answerSession(endpoint, call, asker, asked);
    case 'operator':
      return answerOperator(endpoint, call, asker, asked);
  }
}

type EndpointOf<Kind extends AdminEndpoint['access']> = Extract<AdminEndpoint, { readonly access: Kind }>;

function answerPublic(
  endpoint: EndpointOf<'public'>,
  call: AdminCall,
  asker: Access,
  { request, entrance, tools }: Asked,
): LocalResponse {
  const isInside = asker.kind === 'operator' ? asker.rights.tenants === null : isMadeHere(request, entrance);
  const isOdd = asker.kind === 'stranger' && asker.why === 'two tokens';
  return (isOdd ? null : endpoint.answer(call, isInside, tools.sources)) ?? refusal(asker);
}

// A page of another site cannot make a browser send this field, unless the API allows it, which it never does.
const OWN_PAGE = 'x-keystone-request';

function answerOperator(endpoint: EndpointOf<'operator'>, call: AdminCall, asker: Access, asked: Asked): Answers {
  if (asker.kind === 'stranger') return refusal(asker);
  const { sources } = asked.tools;
  const { operator, rights } = asker;
  const refused = refusedTo(endpoint, call, asker);
  const changes = isChange(endpoint);
  const tell = changes ? outcomeTeller(call, operator, asked.tools) : null;
  if (refused !== null) return told(refused, tell);
  if (endpoint.input !== undefined && asked.entrance.kind !== 'own') return ELSEWHERE;
  const sees = (tenant: string | null): boolean => seesTenant(rights, tenant);
  const answer = (input: unknown): Answers => {
    const obstacle = changes ? sources.obstacle() : null;
    if (obstacle !== null) return json(503, { error: obstacle }, [['Retry-After', '1']]);
    const answered = endpoint.answer({ ...call, input, operator, sees, tenants: rights.tenants }, sources);
    if (answered instanceof Promise) return answered.then((one) => told(asIsServed(one, asked), tell));
    return told(asIsServed(answered, asked), tell);
  };
  const wanted = endpoint.input === undefined ? null : readInput(endpoint.input, asked);
  const caughtUp = sources.caughtUp();
  return wanted === null && caughtUp === null ? answer(null) : answerAfter(wanted, caughtUp, answer);
}

/** Tells the audit log what has come of a change. */
function outcomeTeller(call: AdminCall, operator: Operator, { audit }: AdminTools): (answer: LocalAnswer) => void {
  const { method, path } = call.request;
  const { tenant = null } = call.path;
  const query = call.query.toString();
  return (answer) => {
    const status = 'start' in answer ? 200 : answer.status;
    audit.add({ by: operator, method, path, query, tenant: tenant ?? call.path['name'] ?? null, status });
  };
}

function told(answer: LocalAnswer, tell: ((answer: LocalAnswer) => void) | null): LocalAnswer {
  tell?.(answer);
  return answer;
}

/** Why the operator may not ask this; null: it may. */
function refusedTo(
  endpoint: EndpointOf<'operator'>,
  call: AdminCall,
  { operator, rights, by }: Extract<Access, { readonly kind: 'operator' }>,
): LocalResponse | null {
  // A page of another site can make an operator's browser send a request from this machine, but not one with a token.
  const isForged = endpoint.method !== 'GET' && by !== 'token' && isFromOtherSite(call.request);
  if (isForged)
    return json(403, { error: 'requests from web pages of other sites are not served, unless they carry a token' });
  if (endpoint.method !== 'GET' && by === 'cookie' && call.request.header(OWN_PAGE) === null)
    return json(403, { error: `a change by a session needs the field ${OWN_PAGE}` });
  const scope = scopeOf(endpoint);
  if (!allowsScope(rights, scope))
    return json(403, { error: `the token ${operator.token ?? ''} allows ${rights.scope} only; ${scope} is needed` });
  return mayAsk(endpoint, rights, call.path) ? null : json(403, { error: foreignTenant(rights) });
}

function foreignTenant({ tenants }: Rights): string {
  return `this token is for ${(tenants ?? []).join(', ')} alone`;
}

async function answerAfter(
  wanted: Promise<Input> | null,
  caughtUp: Promise<void> | null,
  answer: (input: unknown) => Answers,
): Promise<LocalAnswer> {
  const input = wanted === null ? null : await wanted;
  if (input !== null && 'refusal' in input) return input.refusal;
  if (caughtUp !== null) await caughtUp;
  return await answer(input === null ? null : input.value);
}

const ELSEWHERE = json(421, { error: 'this is served at the address that the admin API has for itself only' });

// Streams have no way through the processes that serve clients.
function asIsServed(answer: LocalAnswer, { request, entrance }: Asked): LocalAnswer {
  if (!('start' in answer)) return answer;
  if (entrance.kind !== 'own') return ELSEWHERE;
  return request.method === 'HEAD' ? { status: 200, headers: answer.headers, body: NOTHING } : answer;
}

// Within the call: later the beginning of the body would be lost.
function readInput(schema: z.ZodType, { body, tools }: Asked): Promise<Input> {
  return inputOf(schema, body, tools.options().maxBody);
}

const NOTHING = new Uint8Array(0);

function answerSession(
  endpoint: EndpointOf<'session'>,
  call: AdminCall,
  asker: Access,
  asked: Asked,
): LocalResponse | Promise<LocalResponse> {
  if (asked.entrance.kind !== 'own') return ELSEWHERE;
  if (endpoint.method !== 'GET' && isFromOtherSite(call.request))
    return json(403, { error: 'requests from web pages of other sites are not served' });
  const door = sessionDoor(asker, asked);
  return endpoint.input === undefined
    ? endpoint.answer(call, door)
    : readInput(endpoint.input, asked).then((input) =>
        'refusal' in input ? input.refusal : endpoint.answer({ ...call, input: input.value }, door),
      );
}

function sessionDoor(asker: Access, { request, entrance, tools }: Asked): SessionDoor {
  return {
    asker: asker.kind === 'operator' ? { name: asker.operator.token, rights: asker.rights } : null,
    logIn(token) {
      const outcome = tools.access.logIn(token, request, entrance, tools.options().tokens);
      if (outcome.kind === 'refused') return { refusal: refusalFor(outcome.why) };
      return { cookie: sessionCookie(outcome.session, request) };
    },
    logOut() {
      tools.access.logOut(request);
      return sessionCookie(null, request);
    },
  };
}

// At its own address the API is found below every path that scripts may use.
function basePaths({ kind }: Entrance, publicPath: string | null): readonly string[] {
  const configured = publicPath === null ? [] : [publicPath];
  return kind === 'public' ? configured : ['', USUAL_PATH, ...configured];
}

const USUAL_PATH = '/admin';

type Found =
  | { readonly endpoint: AdminEndpoint; readonly path: Readonly<Record<string, string>> }
  /** The path is one of the API's, but not with this method. */
  | { readonly endpoint: null; readonly allowed: readonly string[] };

function findBelow(bases: readonly string[], request: RequestView): Found | null {
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
  return refusalFor(asker.kind === 'stranger' ? asker.why : 'token needed');
}

function refusalFor(why: Doubt): LocalResponse {
  const { status, error, headers } = REFUSALS[why];
  return json(status, { error }, headers);
}
