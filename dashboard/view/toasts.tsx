// Short news about what somebody has just done, with a way back.
import { useEffect, useState } from 'preact/hooks';
import type { Tone } from './parts.tsx';

type Undo = { readonly label: string; readonly act: () => void };
type Toast = { readonly id: number; readonly text: string; readonly tone: Tone; readonly undo: Undo | null };

const LASTS = 12_000;
const MOST = 4;

let nextId = 0;
let shown: readonly Toast[] = [];
let redraw: () => void = () => {};

export function tell(text: string, tone: Tone = 'good', undo: Undo | null = null): void {
  const toast = { id: nextId++, text, tone, undo };
  // Only the latest order can be undone: what an earlier one has changed may be something else by now.
  const others = undo === null ? shown : shown.filter((one) => one.undo === null);
  shown = [...others, toast].slice(-MOST);
  redraw();
  setTimeout(() => dismiss(toast.id), LASTS);
}

function dismiss(id: number): void {
  shown = shown.filter((toast) => toast.id !== id);
  redraw();
}

export function Toasts() {
  const [, setTurn] = useState(0);
  useEffect(() => {
    redraw = () => setTurn((turn) => turn + 1);
    return () => {
      redraw = () => {};
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, tone, undo }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          {undo === null ? null : (
            <button
              type="button"
              onClick={() => {
                dismiss(id);
                undo.act();
              }}
            >
              {undo.label}
            </button>
          )}
          <button type="button" class="plain" aria-label="Close this message" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
