// `defaults`: settings of all tenants. They are put into each tenant before it is checked, below what it says for itself.
import { z } from 'zod';
import { checks } from '../probing/registry.ts';
import { optional } from '../core/described.ts';
import type { Path } from './problems.ts';
import { schedule } from './pool.ts';
import { tenant } from './tenant.ts';

const { health_check, outlier_ejection, retry, pool, timeouts, compression, limits } = tenant.shape;
const parts = { health_check, outlier_ejection, retry, pool, timeouts, compression, limits };

const words = (key: string) => `\`${key}\` of every tenant, where it says nothing else.`;
const same = (key: string) => ({ 'x-same-as': `tenants[].${key}` });

export const tenantDefaults = z.strictObject({
  health_check: optional(health_check, words('health_check')).meta(same('health_check')),
  outlier_ejection: optional(outlier_ejection, words('outlier_ejection')).meta(same('outlier_ejection')),
  retry: optional(retry, words('retry')).meta(same('retry')),
  pool: optional(pool, words('pool')).meta(same('pool')),
  timeouts: optional(timeouts, words('timeouts')).meta(same('timeouts')),
  compression: optional(compression, words('compression')).meta(same('compression')),
  limits: optional(limits, words('limits')).meta(same('limits')),
});

const KEYS: readonly string[] = Object.keys(parts);

type Values = Readonly<Record<string, unknown>>;

/** The configuration with its defaults in every tenant. Settings are merged key by key; a list, and what is no map, replaces
 * the default as a whole. Values that several tenants have in common stay one object. */
export function withDefaults(root: unknown): unknown {
  if (!isMap(root) || !isMap(root['defaults']) || !Array.isArray(root['tenants'])) return root;
  const defaults = root['defaults'];
  const given = KEYS.filter((key) => defaults[key] !== undefined);
  const complete = (one: unknown): unknown => {
    if (!isMap(one)) return one;
    const all: Record<string, unknown> = { __proto__: null, ...one };
    for (const key of given) all[key] = merge(one[key], defaults[key]);
    return all;
  };
  return { ...root, tenants: root['tenants'].map(complete) };
}

/** Where else a value may stand: in `defaults`. Null: a tenant has it by itself. */
export function defaultOf([root, , key, ...rest]: Path): Path | null {
  return root === 'tenants' && typeof key === 'string' && KEYS.includes(key) ? ['defaults', key, ...rest] : null;
}

/** Makes one object of what was read from one: tenants that leave a setting to `defaults` share all that is made of it. */
export function shareCommon<T extends Readonly<Record<string, unknown>>>(
  tenants: readonly T[],
  root: unknown,
): readonly T[] {
  const raw: readonly unknown[] =
    isMap(root) && isMap(root['defaults']) && Array.isArray(root['tenants']) ? root['tenants'] : [];
  const read = new Map<unknown, unknown>();
  return tenants.map((one, at) => {
    const from: unknown = raw[at];
    if (!isMap(from)) return one;
    const common: Record<string, unknown> = {};
    for (const key of KEYS) if (isMap(from[key])) common[key] = kept(read, from[key], one[key]);
    return { ...one, ...common };
  });
}

function kept(read: Map<unknown, unknown>, from: unknown, value: unknown): unknown {
  const known = read.get(from);
  if (known !== undefined) return known;
  read.set(from, value);
  return value;
}

/** A value of one's own before the common one; maps key by key. */
export function merge(own: unknown, common: unknown): unknown {
  if (own === undefined) return common;
  if (!isMap(own) || !isMap(common)) return own;
  const all: Record<string, unknown> = { __proto__: null, ...fitting(common, own) };
  for (const key of Object.keys(own)) all[key] = merge(own[key], all[key]);
  return all;
}

// The options of one kind of check say nothing to another kind.
function fitting(common: Values, own: Values): Values {
  const [{ type: usual }] = checks;
  const isOther = own['type'] !== undefined && own['type'] !== (common['type'] ?? usual);
  if (!isOther) return common;
  return Object.fromEntries(Object.entries(common).filter(([key]) => Object.hasOwn(schedule, key)));
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
