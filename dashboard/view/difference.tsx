// How texts differ, line by line.
import type { Difference } from '../api/config-shapes.ts';

export function Differences({ files }: { files: readonly Difference[] }) {
  return (
    <>
      {files.map(({ file, lines, note }) => (
        <figure key={file} class="difference">
          <figcaption class="mono">{file}</figcaption>
          {note === null ? null : <p class="note">{note}</p>}
          {/* It is scrolled sideways, also by the keyboard. */}
          {lines === '' ? null : (
            <pre tabIndex={0} aria-label={`How ${file} differs`}>
              {lines
                .replace(/\n$/, '')
                .split('\n')
                .map((line, at) => (
                  <span key={at} class={KINDS[line.slice(0, 1)] ?? ''}>
                    {`${line}\n`}
                  </span>
                ))}
            </pre>
          )}
        </figure>
      ))}
    </>
  );
}

const KINDS: Readonly<Record<string, string>> = { '+': 'good', '-': 'bad', '@': 'calm' };
