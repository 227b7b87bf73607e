// One request: where its time went, attempt by attempt, and everything that the access log says of it.
import type { RequestLine } from '../api/request-shapes.ts';
import { milliseconds } from '../format.ts';
import { Card } from './parts.tsx';

type Bar = {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly tone: 'good' | 'warn' | 'bad' | 'calm';
};

const WIDTH = 1000;

export function Waterfall({ line, onClose }: { line: RequestLine; onClose: () => void }) {
  const bars = barsOf(line);
  const end = Math.max(...bars.map(({ to }) => to), line.total ?? 0, 0.001);
  const close = (
    <button type="button" class="small" onClick={onClose}>
      Close
    </button>
  );
  return (
    <Card title={`${line.method} ${line.host}${line.path}`} aside={close} class="waterfall">
      <ol class="bars">
        {bars.map(({ label, from, to, tone }) => (
          <li key={`${label} ${from}`}>
            <span class="bar-label">{label}</span>
            <svg viewBox={`0 0 ${WIDTH} 12`} preserveAspectRatio="none" aria-hidden="true">
              <rect
                class={`band ${tone}`}
                x={(from / end) * WIDTH}
                width={Math.max(((to - from) / end) * WIDTH, 3)}
                y="1"
                height="10"
              />
            </svg>
            <span class="bar-time">{milliseconds(to - from)}</span>
          </li>
        ))}
      </ol>
      <details>
        <summary>Everything that the access log says of it</summary>
        <dl class="facts wide">
          {line.all.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  );
}

function barsOf({ total, queued, connected, firstByte, tried, backend }: RequestLine): readonly Bar[] {
  const bars: Bar[] = [{ label: 'Whole request', from: 0, to: total ?? 0, tone: 'calm' }];
  if (queued !== null && queued > 0) bars.push({ label: 'Waiting in line', from: 0, to: queued, tone: 'warn' });
  for (const { backend: name, outcome, isHedge, began, ended } of tried)
    bars.push({
      label: `${name}${isHedge ? ' (hedge)' : ''}: ${outcome}`,
      from: began,
      to: ended,
      tone: isGood(outcome) ? 'good' : 'bad',
    });
  if (tried.length > 0 || backend === null) return bars;
  const start = queued ?? 0;
  if (connected !== null && connected > 0)
    bars.push({ label: 'Connecting', from: start, to: start + connected, tone: 'warn' });
  if (firstByte !== null)
    bars.push({
      label: `${backend} until its first byte`,
      from: start + (connected ?? 0),
      to: firstByte,
      tone: 'good',
    });
  if (firstByte !== null && total !== null)
    bars.push({ label: 'Sending the answer', from: firstByte, to: total, tone: 'good' });
  return bars;
}

function isGood(outcome: string): boolean {
  return /^(ok|won|answered|response|success|[1234]\d\d)/.test(outcome);
}
