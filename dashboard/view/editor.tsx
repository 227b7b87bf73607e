// A text with line numbers, and with the lines marked that have problems.
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../api/config-shapes.ts';

/** A place that is to be shown. `turn`: another number for each time. */
export type Target = { readonly line: number; readonly column: number; readonly turn: number };

type EditorProps = {
  readonly label: string;
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly isReadOnly: boolean;
  /** Null: wherever the reader is. */
  readonly target: Target | null;
  readonly onInput: (text: string) => void;
};

export function Editor({ label, text, problems, isReadOnly, target, onInput }: EditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const marks = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split('\n').length;
  const marked = new Map(problems.map(({ line, isWarning }) => [line, isWarning ? 'warn' : 'bad']));
  const follow = (): void => {
    const top = area.current?.scrollTop ?? 0;
    for (const beside of [gutter.current, marks.current]) if (beside !== null) beside.scrollTop = top;
  };
  useEffect(follow, [lines]);
  useEffect(() => {
    if (area.current !== null && target !== null) goTo(area.current, target);
  }, [target]);
  return (
    <div class="editor" style={{ height: `min(58vh, ${Math.max(lines, LEAST_LINES) + 3}lh)` }}>
      <div ref={gutter} class="gutter" aria-hidden="true">
        {Array.from({ length: lines }, (_, at) => (
          <div key={at} class={marked.get(at + 1) ?? ''}>
            {at + 1}
          </div>
        ))}
      </div>
      <div class="sheet">
        <div ref={marks} class="marks" aria-hidden="true">
          {Array.from({ length: lines }, (_, at) => (
            <div key={at} class={marked.get(at + 1) ?? ''} />
          ))}
        </div>
        <textarea
          ref={area}
          aria-label={label}
          spellcheck={false}
          autocomplete="off"
          wrap="off"
          readOnly={isReadOnly}
          value={text}
          aria-invalid={problems.some(({ isWarning }) => !isWarning)}
          onScroll={follow}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
    </div>
  );
}

const LEAST_LINES = 8;

function goTo(area: HTMLTextAreaElement, { line, column }: Target): void {
  const lines = area.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0);
  const at = start + Math.max(0, column - 1);
  area.focus();
  area.setSelectionRange(at, start + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, ((line - 4) * area.scrollHeight) / Math.max(1, lines.length));
}

type ProblemsProps = { readonly problems: readonly Problem[]; readonly onChoose: (problem: Problem) => void };

export function ProblemList({ problems, onChoose }: ProblemsProps) {
  return (
    <ul class="problems" aria-live="polite">
      {problems.map((problem) => {
        const { file, line, column, text, isWarning } = problem;
        return (
          <li key={`${file}:${line}:${column} ${text}`} class={isWarning ? 'warn' : 'bad'}>
            {line === 0 ? (
              <span class="mono">{file}</span>
            ) : (
              <button type="button" class="place mono" onClick={() => onChoose(problem)}>
                {`${file}:${line}:${column}`}
              </button>
            )}{' '}
            {text}
          </li>
        );
      })}
    </ul>
  );
}
