// A text with line numbers, and with the lines marked that have problems.
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../api/config-shapes.ts';

type EditorProps = {
  readonly label: string;
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly isReadOnly: boolean;
  readonly onInput: (text: string) => void;
};

export function Editor({ label, text, problems, isReadOnly, onInput }: EditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split('\n').length;
  const marked = new Map(problems.map(({ line, isWarning }) => [line, isWarning ? 'warn' : 'bad']));
  const follow = (): void => {
    if (gutter.current !== null && area.current !== null) gutter.current.scrollTop = area.current.scrollTop;
  };
  useEffect(follow, [lines]);
  return (
    <div class="editor">
      <div ref={gutter} class="gutter" aria-hidden="true">
        {Array.from({ length: lines }, (_, at) => (
          <div key={at} class={marked.get(at + 1) ?? ''}>
            {at + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={area}
        aria-label={label}
        spellcheck={false}
        wrap="off"
        readOnly={isReadOnly}
        value={text}
        aria-invalid={problems.some(({ isWarning }) => !isWarning)}
        onScroll={follow}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}

type ProblemsProps = { readonly problems: readonly Problem[] };

export function ProblemList({ problems }: ProblemsProps) {
  return (
    <ul class="problems">
      {problems.map(({ file, line, column, text, isWarning }) => (
        <li key={`${file}:${line}:${column} ${text}`} class={isWarning ? 'warn' : 'bad'}>
          <span class="mono">{line === 0 ? file : `${file}:${line}:${column}`}</span> {text}
        </li>
      ))}
    </ul>
  );
}
