// Says that files on disk are no longer what is in force, and shows how they differ.
import { useState } from 'preact/hooks';
import { readDifferences } from '../api/config-shapes.ts';
import { usePolled } from '../state/polled.ts';
import { load } from '../state/sources.ts';
import { Differences } from './difference.tsx';
import { Absent, Loading } from './parts.tsx';

const MOST_NAMED = 3;

export function OnDisk({ files }: { files: readonly string[] }) {
  const [isOpen, setOpen] = useState(false);
  if (files.length === 0) return null;
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : '';
  return (
    <div class="banner warn spaced">
      <p>
        On disk <span class="mono">{files.slice(0, MOST_NAMED).join(', ') + more}</span>{' '}
        {files.length === 1 ? 'is' : 'are'} no longer what is in force: the next reload or start takes what is there.{' '}
        <button type="button" class="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide the difference' : 'Show the difference'}
        </button>
      </p>
      {isOpen ? <Difference /> : null}
    </div>
  );
}

function Difference() {
  const { value, failure } = usePolled(
    'difference',
    null,
    async (signal) => await load('/config/difference', readDifferences, { signal }),
  );
  if (value !== null) return <Differences files={value} />;
  return failure === null ? <Loading /> : <Absent failure={failure} what="The difference" />;
}
