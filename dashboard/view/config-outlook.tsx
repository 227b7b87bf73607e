// What would come of a text that somebody has typed, and the way to have it in force.
import { useState } from 'preact/hooks';
import { type Failure, ask, sentence } from '../api/client.ts';
import type { Check, ConfigFile } from '../api/config-shapes.ts';
import { counted } from '../format.ts';
import { ChangeList } from './change-list.tsx';
import { Dialog } from './dialog.tsx';
import { Differences } from './difference.tsx';
import { ProblemList } from './editor.tsx';
import { tell } from './toasts.tsx';

/** Ten thousand tenants take some seconds to be read. */
export const CHECK_PATIENCE = 120_000;

/** What is known of a text. `isLatest`: it is of the text as it is now. */
export type Checked = { readonly check: Check | null; readonly isLatest: boolean };

type OutlookProps = {
  readonly checked: Checked;
  readonly changed: readonly ConfigFile[];
  readonly etag: string | null;
  readonly onChoose: (file: string, line: number, column: number) => void;
  readonly onApplied: () => void;
  readonly onRevert: () => void;
};

export function Outlook({ checked, changed, etag, onChoose, onApplied, onRevert }: OutlookProps) {
  const { check, isLatest } = checked;
  const [isAsked, setAsked] = useState(false);
  const [strayed, setStrayed] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const apply = async (overwrites: boolean): Promise<void> => {
    setBusy(true);
    const failure = await put(changed, etag, overwrites);
    setBusy(false);
    setAsked(false);
    setStrayed(null);
    if (failure === null) {
      tell('The configuration is in force, and written to its file.');
      onApplied();
    } else if (failure.details.has('strayed') && !overwrites) setStrayed(sentence(failure.text));
    else tell(sentence(failure.text), 'bad');
  };
  const isTooMuch = changed.length > 1;
  return (
    <div class="outlook">
      <ProblemList
        problems={check?.problems ?? []}
        onChoose={({ file, line, column }) => onChoose(file, line, column)}
      />
      <Verdict check={isLatest ? check : null} />
      {isTooMuch ? <p class="bad-text">Several files are changed: only one can be put in force at a time.</p> : null}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={check?.isValid !== true || !isLatest || isTooMuch}
          onClick={() => setAsked(true)}
        >
          Apply …
        </button>
        <button type="button" onClick={onRevert}>
          Back to what is in force
        </button>
      </div>
      {check === null ? null : <Differences files={check.differences} />}
      {isAsked ? (
        <ApplyQuestion
          file={changed[0]?.file ?? ''}
          check={check}
          isBusy={isBusy}
          onConfirm={() => void apply(false)}
          onClose={() => setAsked(false)}
        />
      ) : null}
      {strayed === null ? null : (
        <ReplaceQuestion
          why={strayed}
          isBusy={isBusy}
          onConfirm={() => void apply(true)}
          onClose={() => setStrayed(null)}
        />
      )}
    </div>
  );
}

type QuestionProps = { readonly isBusy: boolean; readonly onConfirm: () => void; readonly onClose: () => void };

type ApplyProps = QuestionProps & { readonly file: string; readonly check: Check | null };

function ApplyQuestion({ file, check, ...rest }: ApplyProps) {
  return (
    <Dialog title="Put this in force?" action="Apply" {...rest}>
      <p>
        It is written to <span class="mono">{file}</span>, and in force at once.
      </p>
      <Verdict check={check} />
    </Dialog>
  );
}

function ReplaceQuestion({ why, ...rest }: QuestionProps & { readonly why: string }) {
  return (
    <Dialog title="Replace the file all the same?" action="Replace" isDangerous {...rest}>
      <p>{why}</p>
    </Dialog>
  );
}

async function put(changed: readonly ConfigFile[], etag: string | null, overwrites: boolean): Promise<Failure | null> {
  const answer = await ask('/config', {
    method: 'PUT',
    query: { overwrite: overwrites ? 'true' : null },
    body: { files: changed.map(({ file, text }) => ({ file, text })) },
    headers: etag === null ? {} : { 'If-Match': etag },
    patience: CHECK_PATIENCE,
  });
  return answer.ok ? null : answer.failure;
}

function Verdict({ check }: { check: Check | null }) {
  if (check === null)
    return (
      <p class="note" role="status">
        Checking …
      </p>
    );
  const errors = check.problems.filter(({ isWarning }) => !isWarning).length;
  if (!check.isValid) return <p class="bad-text">{counted(errors, 'problem')}: it cannot be put in force.</p>;
  if (check.changes.length === 0) return <p class="note">It is right, and changes nothing but the text.</p>;
  return (
    <>
      <p class="note">It is right, and changes this:</p>
      <ChangeList changes={check.changes} />
    </>
  );
}
