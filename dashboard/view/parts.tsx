// Small parts that several pages use.
import type { ComponentChildren } from 'preact';
import type { Failure } from '../api/client.ts';
import { sentence } from '../api/client.ts';

export function Heading({ title, children }: { title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h1>{title}</h1>
      {children}
    </header>
  );
}

type CardProps = {
  readonly title?: string;
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
};

export function Card({ title, aside, children, class: more = '' }: CardProps) {
  return (
    <section class={`card ${more}`}>
      {title === undefined ? null : (
        <div class="card-head">
          <h2>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}

export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="hidden">Loading …</span>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} class="bone" />
      ))}
    </div>
  );
}

/** One plain line instead of what cannot be shown. `what`: "The history of traffic". */
export function Absent({ failure, what }: { failure: Failure; what: string }) {
  return <p class="note">{explained(failure, what)}</p>;
}

function explained(failure: Failure, what: string): string {
  switch (failure.kind) {
    case 'absent':
      return `${what} is not to be had from this version of the gateway.`;
    case 'forbidden':
      return `${what} is not for your token.`;
    case 'login':
      return `${what} needs a login.`;
    case 'unreachable':
      return `${what} cannot be shown: the gateway does not answer. Trying again.`;
    case 'refused':
      return `${what} cannot be shown. ${sentence(failure.text)}`;
  }
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm';

const TONES: Readonly<Record<string, Tone>> = {
  healthy: 'good',
  enabled: 'good',
  readmitted: 'good',
  returned: 'good',
  tenant_up: 'good',
  tenant_restored: 'good',
  certificate_obtained: 'good',
  certificate_renewed: 'good',
  valid: 'good',
  upgraded: 'good',
  configuration_changed: 'calm',
  worker_replaced: 'good',
  ready: 'good',
  serving: 'good',
  degraded: 'warn',
  failing: 'warn',
  ejected: 'warn',
  full: 'warn',
  withdrawn: 'warn',
  draining: 'warn',
  tenant_degraded: 'warn',
  limit_reached: 'warn',
  expires_soon: 'warn',
  not_yet_valid: 'warn',
  cut: 'warn',
  removed: 'warn',
  maintenance_on: 'warn',
  worker_held_back: 'warn',
  unhealthy: 'bad',
  tenant_down: 'bad',
  worker_ended: 'bad',
  worker_hung: 'bad',
  certificate_failed: 'bad',
  upgrade_failed: 'bad',
  expired: 'bad',
  unusable: 'bad',
};

export function toneOf(word: string): Tone {
  return TONES[word] ?? 'calm';
}

/** A state in one word. The shape of its mark says the same as its colour. */
export function State({ word }: { word: string }) {
  return (
    <span class={`state ${toneOf(word)}`}>
      <span class="mark" aria-hidden="true" />
      {word.replaceAll('_', ' ')}
    </span>
  );
}

export function Stat({ label, value, tone = 'calm' }: { label: string; value: string; tone?: Tone }) {
  return (
    <div class={`stat ${tone}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

type ChoiceProps<Value extends string> = {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
};

/** A few options, of which one is in force. */
export function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([option, text]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {text}
        </button>
      ))}
    </div>
  );
}
