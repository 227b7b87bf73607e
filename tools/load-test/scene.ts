// The gateway under load: one that the test starts, or one that the user names.
import type { Clock } from '../../src/core/clock.ts';
import { type Result, err, ok } from '../../src/core/result.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import type { Origin } from '../origins/origin.ts';
import { type AdminAccess, lookAt } from './admin.ts';
import { OwnGateway } from './own-gateway.ts';
import { type Stage, namedStages, urlStages } from './plan.ts';
import { VICTIM, ownStages } from './setting.ts';
import type { Settings } from './settings.ts';

export type Scene = {
  readonly gateway: 'own' | 'given';
  readonly url: string;
  readonly stages: readonly Stage[];
  /** Null: no admin API answers. */
  readonly admin: AdminAccess | null;
  /** The origin that is killed and started again; null: none. */
  readonly victim: Origin | null;
  readonly notes: readonly string[];
  stop(): Promise<void>;
};

type Time = Pick<Clock, 'now' | 'after'>;

/** Prepares the gateway: when this resolves, all is there and healthy, or nothing is left. The error is for people. */
export function setScene(settings: Settings, time: Time): Promise<Result<Scene, string>> {
  const [first] = settings.urls;
  return first === undefined ? ownScene(settings, time) : givenScene(settings, first, time);
}

const SETTLE_LIMIT = millis(10_000);
const SETTLE_STEP = millis(50);

async function ownScene(settings: Settings, time: Time): Promise<Result<Scene, string>> {
  const started = await OwnGateway.start();
  if (!started.ok) return started;
  const gateway = started.value;
  const admin = { url: `${gateway.url}/admin`, token: gateway.token };
  if (!(await settles(admin, time))) {
    await gateway.stop();
    return err('the origins did not become healthy');
  }
  return ok({
    gateway: 'own',
    url: gateway.url,
    stages: namedStages(ownStages(gateway.url), settings.pace),
    admin,
    victim: gateway.origin(VICTIM) ?? null,
    notes: [],
    stop: () => gateway.stop(),
  });
}

async function settles(admin: AdminAccess, time: Time): Promise<boolean> {
  const end = time.now() + SETTLE_LIMIT;
  while (time.now() < end) {
    // The word on the health of the whole may be a second old.
    const { health, backends } = await lookAt(admin, time.now);
    const isWell = health?.status === 'healthy' && backends?.every(({ state }) => state === 'healthy');
    if (isWell === true) return true;
    await rest(time, SETTLE_STEP);
  }
  return false;
}

const NO_ADMIN = 'health and shares are left out: no admin API answers at';
const NO_BACKENDS =
  'shares are left out: the admin API shows no backends (it does so only at its own address, or with a token: $KEYSTONE_ADMIN_TOKEN), or more than 500';

async function givenScene(settings: Settings, first: string, time: Time): Promise<Result<Scene, string>> {
  const url = settings.admin?.replace(/\/+$/, '') ?? `${new URL(first).origin}/admin`;
  const admin = { url, token: settings.token };
  const look = await lookAt(admin, time.now);
  const isThere = look.health !== null;
  if (!isThere && settings.admin !== null) return err(`no admin API answers at ${url}`);
  return ok({
    gateway: 'given',
    url: first,
    stages: urlStages(settings.urls, settings.pace, settings),
    admin: isThere ? admin : null,
    victim: null,
    notes: isThere
      ? look.backends === null
        ? [NO_BACKENDS]
        : []
      : [`${NO_ADMIN} ${url} (--admin names another place, such as http://127.0.0.1:9901)`],
    stop: () => Promise.resolve(),
  });
}

/** A pause that ends early when the signal says so. */
export function rest(time: Pick<Clock, 'after'>, pause: Millis, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const cancel = time.after(pause, resolve);
    signal?.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
