// What an operator may do with a backend: always asked first, always with a way back.
import { useState } from 'preact/hooks';
import { type Answer, ask, sentence } from '../api/client.ts';
import type { BackendLine } from '../api/tenant-shapes.ts';
import { Dialog } from './dialog.tsx';
import { tell } from './toasts.tsx';

type Action = 'drain' | 'disable' | 'enable' | 'weight';

export type Target = { readonly tenant: string; readonly backend: BackendLine; readonly isLast: boolean };

type ActionsProps = { readonly target: Target; readonly onDone: () => void };

export function BackendActions({ target, onDone }: ActionsProps) {
  const [asked, setAsked] = useState<Action | null>(null);
  const { admission, name } = target.backend;
  const button = (action: Action, text: string) => (
    <button type="button" class="small" aria-label={`${text} ${name}`} onClick={() => setAsked(action)}>
      {text}
    </button>
  );
  return (
    <div class="buttons">
      {admission === 'open' ? button('drain', 'Drain') : button('enable', 'Enable')}
      {admission === 'disabled' ? null : button('disable', 'Disable')}
      {button('weight', 'Weight')}
      {asked === null ? null : (
        <Question action={asked} target={target} onClose={() => setAsked(null)} onDone={onDone} />
      )}
    </div>
  );
}

type QuestionProps = ActionsProps & { readonly action: Action; readonly onClose: () => void };

const TITLES: Readonly<Record<Action, string>> = {
  drain: 'Drain',
  disable: 'Disable',
  enable: 'Enable',
  weight: 'Change the weight of',
};

function Question({ action, target, onClose, onDone }: QuestionProps) {
  const { backend } = target;
  const [deadline, setDeadline] = useState('30s');
  const [weight, setWeight] = useState(String(backend.weight));
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    const answer = await order(target, action, { deadline, weight, isForced: target.isLast });
    setBusy(false);
    if (!answer.ok) {
      setProblem(sentence(answer.failure.text));
      return;
    }
    announce(action, target, answer, onDone);
    onClose();
    onDone();
  };
  const takesOut = action === 'drain' || action === 'disable';
  return (
    <Dialog
      title={`${TITLES[action]} ${target.tenant}/${backend.name}?`}
      action={action === 'weight' ? 'Set the weight' : TITLES[action]}
      isDangerous={takesOut && target.isLast}
      isBusy={isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Explained action={action} target={target} />
      {action === 'drain' ? (
        <label>
          Deadline, such as 30s or 5m (empty: no request is ever cut)
          <input type="text" value={deadline} onInput={(event) => setDeadline(event.currentTarget.value)} />
        </label>
      ) : null}
      {action === 'weight' ? (
        <label>
          Weight (0: no new requests)
          <input
            type="number"
            min="0"
            max="1000"
            required
            value={weight}
            onInput={(event) => setWeight(event.currentTarget.value)}
          />
        </label>
      ) : null}
      {takesOut && target.isLast ? (
        <p class="warn-text">It is the last one of this tenant that serves: the tenant will be down.</p>
      ) : null}
      {problem === null ? null : (
        <p class="bad-text" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  );
}

function Explained({ action, target: { backend } }: { action: Action; target: Target }) {
  switch (action) {
    case 'drain':
      return (
        <p>
          It gets no new requests, and finishes those that it has
          {backend.inFlight === 0 ? '' : ` (${backend.inFlight} at the moment)`}.
        </p>
      );
    case 'disable':
      return <p>It gets no new requests at once. Those that it has go on.</p>;
    case 'enable':
      return <p>It gets requests again as soon as its checks find it well.</p>;
    case 'weight':
      return <p>Its share of the traffic, relative to the other backends of its pool. A reload does not undo this.</p>;
  }
}

type Words = { readonly deadline: string; readonly weight: string; readonly isForced: boolean };

async function order(
  { tenant, backend }: Target,
  action: Action,
  { deadline, weight, isForced }: Words,
): Promise<Answer> {
  const path = `/backends/${encodeURIComponent(tenant)}/${encodeURIComponent(backend.name)}/${action}`;
  return await ask(path, { method: 'POST', query: queryOf() });

  function queryOf(): Readonly<Record<string, string | null>> {
    switch (action) {
      case 'drain':
        return { deadline: deadline.trim() };
      case 'weight':
        return { weight };
      case 'disable':
        return { force: isForced ? 'true' : null };
      case 'enable':
        return {};
    }
  }
}

const DONE: Readonly<Record<Action, string>> = {
  drain: 'is draining',
  disable: 'is disabled',
  enable: 'is enabled',
  weight: 'has another weight',
};

function announce(action: Action, target: Target, answer: Extract<Answer, { ok: true }>, onDone: () => void): void {
  const warning = answer.fields.maybeText('warning');
  const name = `${target.tenant}/${target.backend.name}`;
  const text = `${name} ${DONE[action]}.${warning === null ? '' : ` ${sentence(warning)}`}`;
  tell(text, warning === null ? 'good' : 'warn', { label: 'Undo', act: () => void undo(action, target, onDone) });
}

// Back to what was before: open, draining without a deadline, or disabled; and the weight that it had.
async function undo(action: Action, target: Target, onDone: () => void): Promise<void> {
  const { admission, weight } = target.backend;
  const before = admission === 'draining' ? 'drain' : admission === 'disabled' ? 'disable' : 'enable';
  const back = action === 'weight' ? 'weight' : before;
  const answer = await order(target, back, { deadline: '', weight: String(weight), isForced: true });
  const name = `${target.tenant}/${target.backend.name}`;
  if (answer.ok) tell(`${name} is as it was before.`);
  else tell(sentence(answer.failure.text), 'bad');
  onDone();
}
