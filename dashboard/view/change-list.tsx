// How one configuration differs from another one, in words.
export function ChangeList({ changes }: { changes: readonly string[] }) {
  return (
    <ul class="changes mono">
      {changes.map((change) => (
        <li key={change} class={toneOf(change)}>
          {change}
        </li>
      ))}
    </ul>
  );
}

function toneOf(change: string): string {
  if (change.startsWith('+')) return 'good';
  return change.startsWith('-') ? 'bad' : '';
}
