// Who is logged in.
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/client.ts';

export type Person = {
  readonly name: string | null;
  readonly scope: string | null;
  /** Null: all. */
  readonly tenants: readonly string[] | null;
  /** Logged in with a token, so that one can log out. */
  readonly hasToken: boolean;
};

export type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'login' }
  | { readonly state: 'in'; readonly person: Person };

const LOGIN = 'loginneeded';
const CHANGED = 'sessionchange';

/** The gateway has said that it wants a token. */
export function needLogin(): void {
  dispatchEvent(new Event(LOGIN));
}

/** Somebody has logged in or out. */
export function sessionChanged(): void {
  dispatchEvent(new Event(CHANGED));
}

export function useSession(): Session {
  const [session, setSession] = useState<Session>({ state: 'asking' });
  useEffect(() => {
    const look = (): void => void findOut().then(setSession);
    const close = (): void => setSession({ state: 'login' });
    addEventListener(CHANGED, look);
    addEventListener(LOGIN, close);
    look();
    return () => {
      removeEventListener(CHANGED, look);
      removeEventListener(LOGIN, close);
    };
  }, []);
  return session;
}

const SOMEBODY: Person = { name: null, scope: null, tenants: null, hasToken: false };

async function findOut(): Promise<Session> {
  const answer = await ask('/me');
  if (!answer.ok) return answer.failure.kind === 'login' ? { state: 'login' } : await withoutNames();
  const { fields } = answer;
  const name = fields.maybeText('name');
  const scope = fields.maybeText('scope');
  const needsToken = fields.flag('needsToken');
  if (needsToken && scope === null) return { state: 'login' };
  return {
    state: 'in',
    person: { name, scope, tenants: fields.has('tenants') ? fields.texts('tenants') : null, hasToken: name !== null },
  };
}

// This gateway does not say who asks; whether it answers at all, it does.
async function withoutNames(): Promise<Session> {
  const answer = await ask('/events');
  return !answer.ok && answer.failure.kind === 'login' ? { state: 'login' } : { state: 'in', person: SOMEBODY };
}

/** Whether somebody may give orders. Who does not say so is let try: the gateway decides. */
export function mayOperate(person: Person): boolean {
  return person.scope !== 'read';
}

/** Whether somebody may change the configuration. Who does not say so is let try. */
export function mayConfigure({ scope, tenants }: Person): boolean {
  return (scope === null || scope === 'admin') && tenants === null;
}
