// What stands around every page: the menu, whether the figures are fresh, who is logged in.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, carryToken } from '../api/client.ts';
import type { Overview } from '../api/shapes.ts';
import { span } from '../format.ts';
import type { Polled } from '../state/polled.ts';
import type { Route } from '../state/router.ts';
import { type Person, sessionChanged } from '../state/session.ts';
import { type Theme, useTheme } from '../state/theme.ts';
import { Choice } from './parts.tsx';

type ShellProps = {
  readonly route: Route;
  readonly overview: Polled<Overview>;
  readonly person: Person;
  readonly children: ComponentChildren;
};

const MENU = [
  ['', 'Overview'],
  ['events', 'Events'],
  ['requests', 'Live requests'],
  ['explain', 'Explain'],
  ['configuration', 'Configuration'],
  ['certificates', 'Certificates'],
] as const;

export function Shell({ route, overview, person, children }: ShellProps) {
  const current = route.page === 'tenants' ? '' : route.page;
  const menu = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On a narrow screen the menu is longer than its row.
    menu.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={skipToContent}>
        Skip to the content
      </a>
      <nav class="rail" aria-label="Pages">
        <a class="brand" href="#/" aria-label="Keystone">
          <img src="ui/icon.svg" alt="" width="26" height="26" />
          <span>Keystone</span>
        </a>
        <ul ref={menu} class="menu">
          {MENU.map(([page, text]) => (
            <li key={page}>
              <a href={`#/${page}`} aria-current={page === current ? 'page' : undefined}>
                {text}
              </a>
            </li>
          ))}
        </ul>
        <div class="rail-foot">
          <Freshness overview={overview} />
          <Who person={person} />
          <ThemeChoice />
          <Version overview={overview.value} />
        </div>
      </nav>
      <div class="page">
        <Staleness overview={overview} />
        {children}
      </div>
    </div>
  );
}

function skipToContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

const STALE = 4000;

function useAge(overview: Polled<Overview>): number | null {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return overview.at === 0 ? null : Math.max(0, Math.max(now, overview.at) - overview.at);
}

function isLost({ failure }: Polled<Overview>): boolean {
  return failure?.kind === 'unreachable';
}

function Freshness({ overview }: { overview: Polled<Overview> }) {
  const age = useAge(overview);
  if (age === null && overview.failure === null) return <p class="pulse calm">Connecting</p>;
  const isStale = isLost(overview) || (age ?? 0) > STALE;
  return <p class={`pulse ${isStale ? 'bad' : 'good'}`}>{isStale ? 'Stale' : 'Live'}</p>;
}

function Staleness({ overview }: { overview: Polled<Overview> }) {
  const age = useAge(overview);
  if (!isLost(overview)) return null;
  const since = age === null ? '' : ` These figures are ${span(age / 1000)} old.`;
  return (
    <p class="banner bad" role="alert">
      The gateway does not answer.{since} Trying again every second.
    </p>
  );
}

function Who({ person }: { person: Person }) {
  if (person.name === null) return null;
  return (
    <p class="who">
      <span>
        {person.name}
        {person.scope === null ? '' : `, ${person.scope}`}
      </span>
      {person.hasToken ? (
        <button type="button" class="plain" onClick={() => void leave()}>
          Log out
        </button>
      ) : null}
    </p>
  );
}

async function leave(): Promise<void> {
  await ask('/logout', { method: 'POST' });
  carryToken(null);
  sessionChanged();
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  return <Choice label="Colours" value={theme} options={THEMES} onChange={setTheme} />;
}

function Version({ overview }: { overview: Overview | null }) {
  if (overview === null || overview.version === '') return null;
  return (
    <p class="version">
      {overview.version}
      {overview.uptime === null ? '' : `, up for ${span(overview.uptime)}`}
    </p>
  );
}
