// Asks for a token where the gateway wants one.
import { useState } from 'preact/hooks';
import { ask, carryToken } from '../api/client.ts';
import { sessionChanged } from '../state/session.ts';

export function LoginPage() {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const refusal = await logIn(token.trim());
    setBusy(false);
    setProblem(refusal);
    if (refusal === null) sessionChanged();
  };
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void enter(event)}>
        <img src="ui/icon.svg" alt="" width="44" height="44" />
        <h1>Keystone Gateway</h1>
        <label>
          Token
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            aria-invalid={problem !== null}
            aria-describedby="login-note"
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <p
          id="login-note"
          class={problem === null ? 'muted' : 'bad-text'}
          role={problem === null ? undefined : 'alert'}
        >
          {problem ??
            'One of admin.tokens of the configuration. You stay logged in until you log out or close the browser.'}
        </p>
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}

/** Null: it has worked; or why not. */
async function logIn(token: string): Promise<string | null> {
  const answer = await ask('/login', { method: 'POST', body: { token } });
  if (answer.ok) return null;
  if (answer.failure.kind !== 'absent') return answer.failure.text;
  carryToken(token);
  const told = await ask('/events');
  if (told.ok) return null;
  carryToken(null);
  return told.failure.text;
}
