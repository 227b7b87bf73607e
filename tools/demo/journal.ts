// Records what happens during the demo: in words for the screen, as values for the verdict.
import { Ring } from '../../src/core/ring.ts';
import type { Millis } from '../../src/core/units.ts';
import type { GatewayEvent } from '../../src/core/observer.ts';
import type { Act } from './schedule.ts';
import type { DemoEvent } from './state.ts';
import type { Change } from './verdict.ts';

const KEPT_EVENTS = 64;
// An act causes at most one change in each of the three tenants.
const KEPT_ACTS = 256;
const KEPT_CHANGES = KEPT_ACTS * 4;

/** The latest acts, changes and events. `now`: the time since the demo began. */
export class Journal {
  readonly acts = new Ring<Act>(KEPT_ACTS);
  readonly changes = new Ring<Change>(KEPT_CHANGES);
  readonly events = new Ring<DemoEvent>(KEPT_EVENTS);

  constructor(
    private readonly now: () => Millis,
    private readonly onEvent: (event: DemoEvent) => void,
  ) {}

  act(act: Act): void {
    const at = this.now();
    this.acts.push({ ...act, at });
    this.note(
      'act',
      act.kind === 'kill' ? `origin ${act.origin} is killed (SIGKILL)` : `origin ${act.origin} is started again`,
    );
  }

  gatewayEvent(event: GatewayEvent): void {
    if (event.tenant === null) return; // about the gateway's own processes
    const { tenant, kind, detail } = event;
    if (event.backend === null)
      return this.note(kind === 'tenant_up' ? 'good' : 'bad', `${tenant}: ${kind.replace('_', ' ')} (${detail})`);
    const { backend } = event;
    this.changes.push({ tenant, backend, kind: event.kind, at: this.now() });
    const isGood = kind === 'healthy' || kind === 'readmitted';
    this.note(isGood ? 'good' : 'bad', `${tenant}/${backend} is ${kind} (${detail})`);
  }

  /** A line of the gateway's log. Lines about backends are dropped: these come as events. */
  logLine(line: string): void {
    const [, level, message] = /^\S+ (\w+) msg=(.*)$/s.exec(line.trimEnd()) ?? [];
    if (message === undefined || /^(?:"backend |tenant_)/.test(message)) return;
    this.note(level === 'error' ? 'bad' : 'act', message);
  }

  failure(text: string): void {
    this.note('bad', text);
  }

  private note(tone: DemoEvent['tone'], text: string): void {
    const event = { at: this.now(), tone, text };
    this.events.push(event);
    this.onEvent(event);
  }
}
