// The configuration: the text in force, what is wrong with another one as it is typed, how it differs, and what was before.
import { useEffect, useState } from 'preact/hooks';
import { ask, sentence } from '../api/client.ts';
import { type Check, type ConfigFile, type Configuration, readCheck, readConfiguration } from '../api/config-shapes.ts';
import { counted } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { type Person, mayOperate } from '../state/session.ts';
import { Versions } from '../view/config-versions.tsx';
import { ChangeList } from '../view/change-list.tsx';
import { Dialog } from '../view/dialog.tsx';
import { Editor, ProblemList } from '../view/editor.tsx';
import { Absent, Card, Choice, Empty, Heading, Loading } from '../view/parts.tsx';
import { tell } from '../view/toasts.tsx';

export function ConfigurationPage({ person }: { person: Person }) {
  const [turn, setTurn] = useState(0);
  const polled = usePolled(`config ${turn}`, null, loadConfiguration);
  const again = (): void => setTurn((count) => count + 1);
  return (
    <>
      <Heading title="Configuration" />
      {polled.value === null && polled.failure === null ? (
        <Card>
          <Loading lines={8} />
        </Card>
      ) : null}
      {polled.value === null && polled.failure !== null ? (
        <Card title="In force">
          <Absent failure={polled.failure} what="The text in force" />
        </Card>
      ) : null}
      {polled.value === null ? null : <Texts key={turn} inForce={polled.value} person={person} onApplied={again} />}
      <Versions person={person} turn={turn} onChanged={again} />
    </>
  );
}

async function loadConfiguration(signal: AbortSignal) {
  const answer = await ask('/config', { signal });
  if (!answer.ok) return answer;
  const value = readConfiguration(answer.fields);
  return { ok: true, value: { ...value, etag: answer.etag ?? value.etag } } as const;
}

type TextsProps = { readonly inForce: Configuration; readonly person: Person; readonly onApplied: () => void };

function Texts({ inForce, person, onApplied }: TextsProps) {
  const [files, setFiles] = useState(inForce.files);
  const [shown, setShown] = useState(0);
  const isChanged = files.some(({ text }, at) => text !== inForce.files[at]?.text);
  const check = useCheck(files, isChanged);
  const file = files[shown];
  if (file === undefined)
    return (
      <Card title="In force">
        <Empty title="The gateway has no configuration file: a program has made its configuration." />
      </Card>
    );
  const problems = check?.problems.filter((one) => one.file === '' || sameFile(one.file, file.file)) ?? [];
  const edit = (text: string): void => setFiles(files.map((one, at) => (at === shown ? { ...one, text } : one)));
  const options = files.map((one, at) => [String(at), nameOf(one.file)] as const);
  return (
    <Card
      title="In force"
      aside={
        files.length > 1 ? (
          <Choice label="File" value={String(shown)} options={options} onChange={(at) => setShown(Number(at))} />
        ) : (
          <span class="muted mono">{file.file}</span>
        )
      }
    >
      <Editor
        label={`Text of ${file.file}`}
        text={file.text}
        problems={problems}
        isReadOnly={!mayOperate(person)}
        onInput={edit}
      />
      {isChanged ? (
        <Outlook
          check={check}
          files={files}
          etag={inForce.etag}
          onApplied={onApplied}
          onRevert={() => setFiles(inForce.files)}
        />
      ) : (
        <p class="note">
          This is what is in force. Change it, and its problems are marked as you type; secrets are masked.
        </p>
      )}
    </Card>
  );
}

function nameOf(file: string): string {
  return file.split('/').at(-1) ?? file;
}

function sameFile(one: string, other: string): boolean {
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`);
}

const PAUSE = 400;

/** What is wrong with a text, a moment after the latest key; null: not known yet. */
function useCheck(files: readonly ConfigFile[], isChanged: boolean): Check | null {
  const [check, setCheck] = useState<Check | null>(null);
  useEffect(() => {
    if (!isChanged) {
      setCheck(null);
      return;
    }
    const control = new AbortController();
    const timer = setTimeout(() => {
      void ask('/config/check', { method: 'POST', body: bodyOf(files), signal: control.signal }).then((answer) => {
        if (control.signal.aborted) return;
        if (answer.ok) setCheck(readCheck(answer.fields));
        else setCheck({ problems: [wholeProblem(answer.failure.text)], changes: [] });
      });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [files, isChanged]);
  return check;
}

function wholeProblem(text: string) {
  return { file: '', line: 0, column: 0, text, isWarning: false };
}

function bodyOf(files: readonly ConfigFile[]) {
  const [only] = files;
  return files.length === 1 && only !== undefined ? { files, text: only.text } : { files };
}

type OutlookProps = {
  readonly check: Check | null;
  readonly files: readonly ConfigFile[];
  readonly etag: string | null;
  readonly onApplied: () => void;
  readonly onRevert: () => void;
};

function Outlook({ check, files, etag, onApplied, onRevert }: OutlookProps) {
  const [isAsked, setAsked] = useState(false);
  const errors = check?.problems.filter(({ isWarning }) => !isWarning).length ?? 0;
  const apply = async (): Promise<void> => {
    const headers = etag === null ? {} : { 'If-Match': etag };
    const answer = await ask('/config', { method: 'PUT', body: bodyOf(files), headers });
    setAsked(false);
    if (answer.ok) {
      tell('The configuration is in force.');
      onApplied();
    } else tell(sentence(answer.failure.text), 'bad');
  };
  return (
    <div class="outlook">
      <ProblemList problems={check?.problems ?? []} />
      <Changes check={check} errors={errors} />
      <div class="buttons">
        <button type="button" class="primary" disabled={check === null || errors > 0} onClick={() => setAsked(true)}>
          Apply …
        </button>
        <button type="button" onClick={onRevert}>
          Back to what is in force
        </button>
      </div>
      {isAsked ? (
        <Dialog
          title="Put this in force?"
          action="Apply"
          onConfirm={() => void apply()}
          onClose={() => setAsked(false)}
        >
          <Changes check={check} errors={errors} />
        </Dialog>
      ) : null}
    </div>
  );
}

function Changes({ check, errors }: { check: Check | null; errors: number }) {
  if (check === null) return <p class="note">Checking …</p>;
  if (errors > 0) return <p class="bad-text">{counted(errors, 'problem')}: it cannot be put in force.</p>;
  if (check.changes.length === 0) return <p class="note">It changes nothing that is in force.</p>;
  return <ChangeList changes={check.changes} />;
}
