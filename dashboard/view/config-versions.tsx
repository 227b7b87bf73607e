// The configurations that were in force, and the way back to one of them.
import { useEffect, useState } from 'preact/hooks';
import { type Answer, ask, sentence } from '../api/client.ts';
import { type Version, readCheck, readHistory } from '../api/config-shapes.ts';
import { clock, counted } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { type Person, mayConfigure } from '../state/session.ts';
import { load } from '../state/sources.ts';
import { ChangeList } from './change-list.tsx';
import { Dialog } from './dialog.tsx';
import { Absent, Card, Empty, Loading } from './parts.tsx';
import { tell } from './toasts.tsx';

type VersionsProps = {
  readonly person: Person;
  readonly turn: number;
  readonly onChanged: () => void;
  /** Told of the number of what is in force. */
  readonly onCurrent: (version: number | null) => void;
};

const FIVE_SECONDS = 5000;

export function Versions({ person, turn, onChanged, onCurrent }: VersionsProps) {
  const polled = usePolled(
    `history ${turn}`,
    FIVE_SECONDS,
    async (signal) => await load('/history', readHistory, { signal }),
  );
  const [chosen, setChosen] = useState<Version | null>(null);
  const { value, failure } = polled;
  const current = value?.current ?? null;
  useEffect(() => onCurrent(current), [current, onCurrent]);
  return (
    <Card title="History" aside={mayConfigure(person) ? <Reload onChanged={onChanged} /> : null}>
      {value === null && failure === null ? <Loading /> : null}
      {value === null && failure !== null ? <Absent failure={failure} what="The history" /> : null}
      {value === null || value.versions.length > 0 ? null : (
        <Empty title="No history is kept.">It needs a state directory.</Empty>
      )}
      <ol class="versions">
        {value?.versions.map((version) => (
          <li key={version.number}>
            <span class="version-number">
              {version.number}
              {version.number === value.current ? <span class="tag good">in force</span> : null}
            </span>
            <div>
              <p>
                {clock(version.at)} <span class="muted">{originOf(version)}</span>
              </p>
              <ChangeList changes={version.changes} />
            </div>
            {version.number === value.current || !mayConfigure(person) ? null : (
              <button type="button" class="small" onClick={() => setChosen(version)}>
                Roll back to {version.number}
              </button>
            )}
          </li>
        ))}
      </ol>
      {chosen === null ? null : <Rollback version={chosen} onClose={() => setChosen(null)} onChanged={onChanged} />}
    </Card>
  );
}

function originOf({ source, by, of, tenants }: Version): string {
  const repeats = of === null ? '' : `, as version ${of} was`;
  return `by ${source}${repeats}${by === null ? '' : `, ${by}`}, ${counted(tenants, 'tenant')}`;
}

type RollbackProps = { readonly version: Version; readonly onClose: () => void; readonly onChanged: () => void };

function Rollback({ version: { number, at }, onClose, onChanged }: RollbackProps) {
  const [isBusy, setBusy] = useState(false);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    const answer = await ask('/rollback', { method: 'POST', query: { version: String(number) } });
    onClose();
    announce(answer, `The configuration of version ${number} is in force again.`);
    onChanged();
  };
  return (
    <Dialog
      title={`Roll back to version ${number}?`}
      action="Roll back"
      isBusy={isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        What was in force on {clock(at)} is checked and put in force. The configuration file stays as it is: the next
        reload or start takes the file again.
      </p>
    </Dialog>
  );
}

function Reload({ onChanged }: { onChanged: () => void }) {
  const [outlook, setOutlook] = useState<Answer | null>(null);
  const look = async (): Promise<void> =>
    setOutlook(await ask('/reload', { method: 'POST', query: { dry_run: 'true' } }));
  const confirm = async (): Promise<void> => {
    setOutlook(null);
    announce(await ask('/reload', { method: 'POST' }), 'The configuration was read again, and is in force.');
    onChanged();
  };
  return (
    <>
      <button type="button" class="small" onClick={() => void look()}>
        Reload …
      </button>
      {outlook === null ? null : (
        <Dialog
          title="Read the configuration file again?"
          action="Reload"
          onConfirm={() => void confirm()}
          onClose={() => setOutlook(null)}
        >
          <ReloadOutlook answer={outlook} />
        </Dialog>
      )}
    </>
  );
}

function ReloadOutlook({ answer }: { answer: Answer }) {
  if (!answer.ok) return <p class="bad-text">{sentence(answer.failure.text)}</p>;
  const { changes } = readCheck(answer.fields);
  if (changes.length === 0) return <p>It changes nothing.</p>;
  return (
    <>
      <p>It changes this:</p>
      <ChangeList changes={changes} />
    </>
  );
}

function announce(answer: Answer, done: string): void {
  if (answer.ok) tell(done);
  else tell(sentence(answer.failure.text), 'bad');
}
