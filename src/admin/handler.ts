// The admin API. None of its requests goes to a backend.
import type { Operator } from '../core/observer.ts';
import type { LocalAnswer, LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import { type Access, type Entrance, isFromOtherSite, isFromOwnPage, isMadeHere } from './access.ts';
import { answerSession } from './answer-session.ts';
import { type AdminTools, type Asked, ELSEWHERE, type EndpointOf, readInput } from './asked.ts';
import { type Tell, auditTrail, noTrail } from './audit-trail.ts';
import type { AdminCall, Rights } from './contract.ts';
import { dashboardAnswer } from './dashboard.ts';
import { type Found, basePaths, findBelow } from './find-endpoint.ts';
import type { Input } from './input.ts';
import { json } from './json.ts';
import { refusal } from './refusals.ts';
import { endpoints } from './registry.ts';
import { allowsScope, isChange, mayAsk, scopeOf, seesTenant } from './rights.ts';

/** The admin API, as it is behind one of its entrances. */
export function createAdminHandler(entrance: Entrance, tools: AdminTools): LocalHandler {
  return { handle: (request, body) => handle({ request, body, entrance, tools }) };
}

type Answers = LocalAnswer | Promise<LocalAnswer>;

function handle(asked: Asked): Answers {
  const { request, entrance, tools } = asked;
  const rules = tools.options();
  const bases = basePaths(entrance, rules.publicPath);
  const page = entrance.kind === 'own' ? dashboardAnswer(request, bases) : null;
  if (page !== null) return page;
  const found: Found | null = findBelow(bases, request);
  const asker = tools.access.admit(request, entrance, rules);
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
const NOT_PROVEN = `a change by a session needs the field ${OWN_PAGE}, and Origin or Sec-Fetch-Site to show that it comes from a page of the gateway's own`;

function isProvenOwn(request: RequestView): boolean {
  return request.header(OWN_PAGE) !== null && isFromOwnPage(request);
}

function answerOperator(endpoint: EndpointOf<'operator'>, call: AdminCall, asker: Access, asked: Asked): Answers {
  const { sources, audit } = asked.tools;
  const changes = isChange(endpoint);
  const by = askerOf(asker, call);
  const tell = changes ? auditTrail(call, () => by, audit) : noTrail;
  if (asker.kind === 'stranger') return tell(refusal(asker));
  const { operator, rights } = asker;
  const refused = refusedTo(endpoint, call, asker);
  if (refused !== null) return tell(refused);
  if (endpoint.input !== undefined && asked.entrance.kind !== 'own') return ELSEWHERE;
  const sees = (tenant: string | null): boolean => seesTenant(rights, tenant);
  const answer = (input: unknown): Answers => {
    const obstacle = changes ? sources.obstacle() : null;
    if (obstacle !== null) return tell(json(503, { error: obstacle }, [['Retry-After', '1']]));
    const answered = endpoint.answer({ ...call, input, operator, sees, tenants: rights.tenants }, sources);
    if (answered instanceof Promise) return answered.then((one) => tell(asIsServed(one, asked)));
    return tell(asIsServed(answered, asked));
  };
  const wanted = endpoint.input === undefined ? null : readInput(endpoint.input, asked);
  const caughtUp = sources.caughtUp();
  return wanted === null && caughtUp === null ? answer(null) : answerAfter(wanted, caughtUp, { answer, tell });
}

function askerOf(asker: Access, { request }: AdminCall): Operator {
  return asker.kind === 'operator' ? asker.operator : { token: null, address: request.client.address };
}

type Next = { readonly answer: (input: unknown) => Answers; readonly tell: Tell };

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
  if (endpoint.method !== 'GET' && by === 'cookie' && !isProvenOwn(call.request))
    return json(403, { error: NOT_PROVEN });
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
  { answer, tell }: Next,
): Promise<LocalAnswer> {
  const input = wanted === null ? null : await wanted;
  if (input !== null && 'refusal' in input) return tell(input.refusal);
  if (caughtUp !== null) await caughtUp;
  return await answer(input === null ? null : input.value);
}

// Streams have no way through the processes that serve clients.
function asIsServed(answer: LocalAnswer, { request, entrance }: Asked): LocalAnswer {
  if (!('start' in answer)) return answer;
  if (entrance.kind !== 'own') return ELSEWHERE;
  return request.method === 'HEAD' ? { status: 200, headers: answer.headers, body: NOTHING } : answer;
}

const NOTHING = new Uint8Array(0);

function noSuchEndpoint({ kind }: Access): LocalResponse {
  const error = 'no such endpoint';
  if (kind === 'stranger') return json(404, { error });
  return json(404, { error, endpoints: endpoints.map(({ method, path }) => `${method} ${path}`) });
}
