// What strangers are told.
import type { LocalResponse } from '../message/local-response.ts';
import type { Access, Doubt } from './access.ts';
import { json } from './json.ts';

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
  'unknown host': {
    status: 421,
    error:
      'the admin API is not known by the name that was asked for: add it to admin.hosts, or use an address or localhost',
    headers: [],
  },
  'foreign host': { status: 403, error: NOT_LOCAL, headers: [] },
};

/** An operator hears the same as somebody without a token: it may not see this either. */
export function refusal(asker: Access): LocalResponse {
  return refusalFor(asker.kind === 'stranger' ? asker.why : 'token needed');
}

export function refusalFor(why: Doubt): LocalResponse {
  const { status, error, headers } = REFUSALS[why];
  return json(status, { error }, headers);
}
