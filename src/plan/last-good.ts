// The tenants of a plan, as a configuration is compared with them.
import type { LastGoodTenant } from '../config/last-good.ts';
import type { Plan } from './plan.ts';

export function* lastGoodOf({ gateway: { files }, tenants }: Plan): Generator<LastGoodTenant> {
  let share = 0;
  let left = files[0]?.tenants ?? tenants.length;
  for (const { name, fingerprint, domains, prefixes, paths, listeners } of tenants) {
    while (left === 0 && share < files.length) {
      share++;
      left = files[share]?.tenants ?? 0;
    }
    left--;
    yield { name, fingerprint, domains, prefixes, paths, listeners, file: files[share]?.file ?? '' };
  }
}
