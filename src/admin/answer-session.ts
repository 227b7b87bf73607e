// How people log in and out at the admin API, and hear who they are.
import type { Operator } from '../core/observer.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { type Access, isFromOtherSite } from './access.ts';
import { type Asked, ELSEWHERE, type EndpointOf, readInput } from './asked.ts';
import { type Tell, auditTrail, noTrail } from './audit-trail.ts';
import type { AdminCall, SessionDoor } from './contract.ts';
import { json } from './json.ts';
import { refusalFor } from './refusals.ts';
import { isChange } from './rights.ts';
import { sessionCookie } from './sessions.ts';

export function answerSession(
  endpoint: EndpointOf<'session'>,
  call: AdminCall,
  asker: Access,
  asked: Asked,
): LocalResponse | Promise<LocalResponse> {
  if (asked.entrance.kind !== 'own') return ELSEWHERE;
  const door = new Door(asker, asked);
  const tell: Tell = isChange(endpoint) ? auditTrail(call, () => door.by, asked.tools.audit) : noTrail;
  if (endpoint.method !== 'GET' && isFromOtherSite(call.request))
    return tell(json(403, { error: 'requests from web pages of other sites are not served' }));
  return endpoint.input === undefined
    ? tell(endpoint.answer(call, door))
    : readInput(endpoint.input, asked).then((input) =>
        tell('refusal' in input ? input.refusal : endpoint.answer({ ...call, input: input.value }, door)),
      );
}

class Door implements SessionDoor {
  readonly asker: SessionDoor['asker'];
  /** Who asks, as far as it is known. */
  by: Operator;

  constructor(
    asker: Access,
    private readonly asked: Asked,
  ) {
    const isKnown = asker.kind === 'operator';
    this.asker = isKnown ? { name: asker.operator.token, rights: asker.rights } : null;
    this.by = isKnown ? asker.operator : { token: null, address: asked.request.client.address };
  }

  logIn(token: string): ReturnType<SessionDoor['logIn']> {
    const { request, entrance, tools } = this.asked;
    const outcome = tools.access.logIn(token, request, entrance, tools.options());
    if (outcome.kind === 'refused') return { refusal: refusalFor(outcome.why) };
    this.by = outcome.operator;
    return { cookie: sessionCookie(outcome.session, request) };
  }

  logOut(): string {
    const { request, tools } = this.asked;
    tools.access.logOut(request);
    return sessionCookie(null, request);
  }
}
