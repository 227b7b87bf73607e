// The answers to questions for health. Everybody may ask, as often as they like: an answer is made at most once a second,
// and counts backends without a look at their histories.
import type { Millis } from '../core/units.ts';
import type { Snapshot } from '../forward/snapshot.ts';
import { jsonBody } from './json.ts';
import type { OverallStatus } from './shapes/tenant.ts';
import { backendCountOf, statusOfTenant, wellCountOf } from './status.ts';

export type HealthAnswer = { readonly status: OverallStatus; readonly body: Uint8Array };

export type HealthTools = {
  readonly now: () => Millis;
  readonly snapshot: () => Snapshot;
  readonly version: string;
};

const LASTS = 1000;

/** The health of the gateway, as it was found at most a second ago. */
export class HealthReport {
  private readonly startedAt: Millis;
  private word: { readonly at: Millis; readonly answer: HealthAnswer } | null = null;
  private full: { readonly at: Millis; readonly answer: HealthAnswer } | null = null;

  constructor(private readonly tools: HealthTools) {
    this.startedAt = tools.now();
  }

  answer(extent: 'word' | 'full'): HealthAnswer {
    const now = this.tools.now();
    const known = this[extent];
    if (known !== null && now - known.at < LASTS) return known.answer;
    const answer = extent === 'word' ? this.makeWord() : this.makeFull(now);
    this[extent] = { at: now, answer };
    return answer;
  }

  private makeWord(): HealthAnswer {
    const status = overallStatus(this.tools.snapshot());
    return { status, body: jsonBody({ status }) };
  }

  private makeFull(now: Millis): HealthAnswer {
    const { snapshot, version } = this.tools;
    const current = snapshot();
    const status = overallStatus(current);
    const tenants: Record<string, string> = {};
    for (const { current: tenant } of current.sites)
      tenants[tenant.name] = `${wellCountOf(tenant)}/${backendCountOf(tenant)} healthy`;
    return { status, body: jsonBody({ status, tenants, uptime: formatUptime(now - this.startedAt), version }) };
  }
}

/** The gateway in one word; unhealthy: no tenant can serve. */
function overallStatus({ sites }: Snapshot): OverallStatus {
  let healthy = 0;
  let unhealthy = 0;
  for (const { current } of sites) {
    const status = statusOfTenant(current);
    if (status === 'healthy') healthy++;
    else if (status === 'unhealthy') unhealthy++;
  }
  if (healthy === sites.length) return 'healthy';
  return unhealthy === sites.length ? 'unhealthy' : 'degraded';
}

// As the original writes it: 1h2m3s.
function formatUptime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
