// The configuration: the text in force, what is wrong with another one as it is typed, how it differs, and what was before.
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/client.ts';
import { type Check, type ConfigFile, type Configuration, readCheck, readConfiguration } from '../api/config-shapes.ts';
import { usePolled } from '../state/polled.ts';
import { type Person, mayConfigure } from '../state/session.ts';
import { CHECK_PATIENCE, type Checked, Outlook } from '../view/config-outlook.tsx';
import { OnDisk } from '../view/config-on-disk.tsx';
import { Versions } from '../view/config-versions.tsx';
import { Editor, type Target } from '../view/editor.tsx';
import { Absent, Card, Empty, Heading, Loading } from '../view/parts.tsx';

export function ConfigurationPage({ person }: { person: Person }) {
  const [turn, setTurn] = useState(0);
  const [current, setCurrent] = useState<number | null>(null);
  const { value, failure } = usePolled(`config ${turn}`, null, loadConfiguration);
  const again = (): void => setTurn((count) => count + 1);
  const isOld = value !== null && value.version !== null && current !== null && current !== value.version;
  return (
    <>
      <Heading title="Configuration" />
      {value === null && failure === null ? (
        <Card>
          <Loading lines={8} />
        </Card>
      ) : null}
      {value === null && failure !== null ? (
        <Card title="In force">
          <Absent failure={failure} what="The text in force" />
        </Card>
      ) : null}
      {isOld ? (
        <div class="banner warn spaced" role="status">
          Version {current} is in force by now, and this is version {value.version}.{' '}
          <button type="button" class="small" onClick={again}>
            Get version {current}
          </button>
        </div>
      ) : null}
      {value === null ? null : <OnDisk key={`disk ${turn}`} files={value.strayed} />}
      {value === null ? null : <Texts key={turn} inForce={value} person={person} onApplied={again} />}
      <Versions person={person} turn={turn} onChanged={again} onCurrent={setCurrent} />
    </>
  );
}

async function loadConfiguration(signal: AbortSignal) {
  const answer = await ask('/config', { signal, patience: CHECK_PATIENCE });
  return answer.ok ? ({ ok: true, value: readConfiguration(answer.fields) } as const) : answer;
}

type TextsProps = { readonly inForce: Configuration; readonly person: Person; readonly onApplied: () => void };

function Texts({ inForce, person, onApplied }: TextsProps) {
  const [files, setFiles] = useState(inForce.files);
  const [shown, setShown] = useState(0);
  const [target, setTarget] = useState<Target | null>(null);
  const changed = files.filter(({ text }, at) => text !== inForce.files[at]?.text);
  const checked = useCheck(changed);
  const file = files[shown];
  if (file === undefined) return <NoText why={inForce.readOnly} />;
  const problems = checked.check?.problems.filter((one) => one.file === file.file) ?? [];
  const edit = (text: string): void => setFiles(files.map((one, at) => (at === shown ? { ...one, text } : one)));
  const goTo = (name: string, line: number, column: number): void => {
    const at = files.findIndex((one) => one.file === name);
    if (at >= 0) setShown(at);
    setTarget((before) => ({ line, column, turn: (before?.turn ?? 0) + 1 }));
  };
  return (
    <Card
      title={changed.length === 0 ? 'In force' : 'Changed, not in force'}
      aside={<FileChoice files={files} shown={shown} onChoose={setShown} />}
    >
      <Editor
        key={file.file}
        label={`Text of ${file.file}`}
        text={file.text}
        problems={problems}
        isReadOnly={file.readOnly !== null || !mayConfigure(person)}
        target={target}
        onInput={edit}
      />
      {changed.length > 0 ? (
        <Outlook
          checked={checked}
          changed={changed}
          etag={inForce.etag}
          onChoose={goTo}
          onApplied={onApplied}
          onRevert={() => setFiles(inForce.files)}
        />
      ) : (
        <Advice file={file} mayChange={mayConfigure(person)} />
      )}
    </Card>
  );
}

function NoText({ why }: { why: string | null }) {
  return (
    <Card title="In force">
      <Empty title="There is no text to show.">{why ?? 'A program has made the configuration.'}</Empty>
    </Card>
  );
}

type FilesProps = {
  readonly files: readonly ConfigFile[];
  readonly shown: number;
  readonly onChoose: (at: number) => void;
};

function FileChoice({ files, shown, onChoose }: FilesProps) {
  if (files.length === 1) return <span class="muted mono">{files[0]?.file}</span>;
  return (
    <select
      aria-label="File"
      class="mono"
      value={String(shown)}
      onChange={(event) => onChoose(Number(event.currentTarget.value))}
    >
      {files.map(({ file }, at) => (
        <option key={file} value={String(at)}>
          {file}
        </option>
      ))}
    </select>
  );
}

function Advice({ file, mayChange }: { file: ConfigFile; mayChange: boolean }) {
  if (!mayChange) return <p class="note">Your token does not allow to change it.</p>;
  if (file.readOnly !== null) return <p class="note">It cannot be changed here: {file.readOnly}.</p>;
  return (
    <p class="note">
      Change it, and its problems are marked as you type. <code>***</code> stands for a secret, and for the same one as
      long as it stays where it is.
    </p>
  );
}

const PAUSE = 400;

/** What is wrong with texts, a moment after the latest key. Until then, what was wrong before. */
function useCheck(changed: readonly ConfigFile[]): Checked {
  const [{ of, check }, setChecked] = useState<{ of: string; check: Check | null }>({ of: '', check: null });
  const body = JSON.stringify(changed.map(({ file, text }) => ({ file, text })));
  useEffect(() => {
    if (body === '[]') {
      setChecked({ of: body, check: null });
      return;
    }
    const control = new AbortController();
    const files: unknown = JSON.parse(body);
    const look = async (): Promise<void> => {
      const asked = { method: 'POST', body: { files }, signal: control.signal, patience: CHECK_PATIENCE } as const;
      const answer = await ask('/config/check', asked);
      if (control.signal.aborted) return;
      setChecked({ of: body, check: answer.ok ? readCheck(answer.fields) : unchecked(answer.failure.text) });
    };
    const timer = setTimeout(() => void look(), PAUSE);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [body]);
  return { check, isLatest: of === body };
}

function unchecked(text: string): Check {
  const problem = { file: '', line: 0, column: 0, text, isWarning: false };
  return { isValid: false, problems: [problem], changes: [], differences: [] };
}
