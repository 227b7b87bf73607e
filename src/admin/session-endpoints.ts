// POST /login, POST /logout and GET /me: who asks, for the dashboard.
import { z } from 'zod';
import { VERSION } from '../core/version.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

const person = () =>
  z.object({
    name: z.nullable(z.string()).describe('The name of the token; null: none was needed.'),
    scope: z.nullable(z.enum(['read', 'operate', 'admin'])).describe('What may be done; null: nothing.'),
    tenants: z.nullable(z.array(z.string())).describe('Those that may be seen; null: all.'),
    needsToken: z.boolean().describe('Nothing is told without a token.'),
  });

const loginInput = z.object({ token: z.string().min(1).max(4096).describe('One of `admin.tokens`.') });

export const login = {
  path: '/login',
  method: 'POST',
  summary:
    'Sets the cookie `keystone_session`, which stands for the token for 12 hours at most. Changes by it need the field `x-keystone-request`. Wrong tokens are limited in rate.',
  access: 'session',
  tenants: 'everybody',
  input: loginInput,
  output: () => z.object({ status: z.literal('in') }),
  answer({ input }, door) {
    const outcome = door.logIn(loginInput.parse(input).token);
    return 'refusal' in outcome ? outcome.refusal : json(200, { status: 'in' }, [['Set-Cookie', outcome.cookie]]);
  },
} as const satisfies AdminEndpoint;

export const logout = {
  path: '/logout',
  method: 'POST',
  summary: 'Ends the session of the cookie.',
  access: 'session',
  tenants: 'everybody',
  output: () => z.object({ status: z.literal('out') }),
  answer: (_, door) => json(200, { status: 'out' }, [['Set-Cookie', door.logOut()]]),
} as const satisfies AdminEndpoint;

export const me = {
  path: '/me',
  method: 'GET',
  summary: 'Who asks, and what they may do.',
  access: 'session',
  tenants: 'everybody',
  output: person,
  answer(_, { asker }) {
    if (asker === null) return json(200, { name: null, scope: null, tenants: null, needsToken: true });
    const { name, rights } = asker;
    return json(200, { name, scope: rights.scope, tenants: rights.tenants, needsToken: false });
  },
} as const satisfies AdminEndpoint;

export const version = {
  path: '/version',
  method: 'GET',
  summary: 'The version of the program, when it started, and its process.',
  access: 'operator',
  tenants: 'everybody',
  output: () => z.object({ version: z.string(), started: z.string(), pid: z.int() }),
  answer: (_, { startedAt }) =>
    json(200, { version: VERSION, started: new Date(startedAt).toISOString(), pid: process.pid }),
} as const satisfies AdminEndpoint;
