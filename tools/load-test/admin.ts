// Asks the admin API and parses its answers. The load test knows nothing else of a gateway, which may run anywhere.
import { z } from 'zod';
import type { Clock } from '../../src/core/clock.ts';
import type { Millis } from '../../src/core/units.ts';

// Strangers get the status alone.
const healthAnswer = z.object({ status: z.string(), tenants: z.prefault(z.record(z.string(), z.string()), {}) });

const tenantsAnswer = z.object({
  tenants: z.array(
    z.object({
      name: z.string(),
      backends: z.array(
        z.object({
          name: z.string(),
          health: z.enum(['unknown', 'healthy', 'unhealthy']),
          eligible: z.boolean(),
          reason: z.string().nullable(),
          weight: z.number(),
          requests: z.number(),
        }),
      ),
    }),
  ),
});

/** The state of a backend in one word. A backend that is only busy is healthy. */
export type BackendState = 'healthy' | 'unhealthy' | 'unknown' | 'ejected' | 'resting';

export type BackendLook = {
  readonly tenant: string;
  readonly backend: string;
  readonly state: BackendState;
  readonly reason: string | null;
  readonly weight: number;
  readonly requests: number;
};

/** The answer of `/health`. */
export type HealthAnswer = z.output<typeof healthAnswer>;

/** One look at the admin API, from question to answer. */
export type Look = {
  readonly askedAt: Millis;
  readonly answeredAt: Millis;
  /** Null: there was no valid answer. */
  readonly health: HealthAnswer | null;
  /** Null: the admin API does not show them. */
  readonly backends: readonly BackendLook[] | null;
};

export type AdminAccess = { readonly url: string; readonly token: string | null };

// In milliseconds. Much longer than a healthy gateway needs; a load balancer that asks for health would have given up.
const PATIENCE = 5000;

// Every look of the test is kept: with thousands of backends in each, memory would run out.
const MOST_SUBJECTS = 500;

/** Asks for health and backends at once. The promise never rejects. */
export async function lookAt({ url, token }: AdminAccess, now: Clock['now']): Promise<Look> {
  const askedAt = now();
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const ask = (path: string): Promise<unknown> => askJson(`${url}${path}`, headers);
  const [health, tenants] = await Promise.all([ask('/health'), ask('/tenants')]);
  return {
    askedAt,
    answeredAt: now(),
    health: healthAnswer.safeParse(health).data ?? null,
    backends: readBackends(tenants),
  };
}

/** What is watched: every backend, or every tenant as a whole if the admin API does not show its backends. */
export type Subject = Pick<BackendLook, 'tenant' | 'state' | 'reason'> & { readonly backend: string | null };

export function subjectsOf(look: Look): readonly Subject[] {
  if (look.backends !== null) return look.backends;
  const tenants = Object.entries(look.health?.tenants ?? {});
  if (tenants.length > MOST_SUBJECTS) return [];
  return tenants.map(([tenant, text]) => {
    const [, healthy, total] = /^(\d+)\/(\d+) healthy$/.exec(text) ?? [];
    const isWell = healthy !== undefined && healthy === total;
    return { tenant, backend: null, state: isWell ? 'healthy' : 'unhealthy', reason: isWell ? null : text };
  });
}

export function nameOf({ tenant, backend }: Pick<Subject, 'tenant' | 'backend'>): string {
  return backend === null ? tenant : `${tenant}/${backend}`;
}

async function askJson(url: string, headers: Record<string, string>): Promise<unknown> {
  try {
    // The certificate is not checked: it may be self-signed or for another name, and only the state of the gateway matters.
    const tls = { rejectUnauthorized: false };
    const signal = AbortSignal.timeout(PATIENCE);
    // A kept connection would have to be opened anew by the runtime after a restart of the gateway, which it does silently.
    const response = await fetch(url, { headers, redirect: 'manual', keepalive: false, tls, signal });
    return await response.json();
  } catch {
    return null;
  }
}

function readBackends(answer: unknown): readonly BackendLook[] | null {
  const parsed = tenantsAnswer.safeParse(answer);
  if (!parsed.success) return null;
  const count = parsed.data.tenants.reduce((sum, { backends }) => sum + backends.length, 0);
  if (count > MOST_SUBJECTS) return null;
  return parsed.data.tenants.flatMap(({ name, backends }) =>
    backends.map((backend) => ({
      tenant: name,
      backend: backend.name,
      state: stateOf(backend.health, backend.eligible, backend.reason),
      reason: backend.reason,
      weight: backend.weight,
      requests: backend.requests,
    })),
  );
}

function stateOf(
  health: 'unknown' | 'healthy' | 'unhealthy',
  isEligible: boolean,
  reason: string | null,
): BackendState {
  if (health !== 'healthy') return health;
  if (isEligible || reason?.startsWith('full') === true) return 'healthy';
  return reason?.startsWith('ejected') === true ? 'ejected' : 'resting';
}
