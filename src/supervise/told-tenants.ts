// Where tenants have their records, in a worker: the owner of standing says so.
import type { Slot } from '../core/cells.ts';
import type { TenantSlots } from '../core/tenant-cells.ts';

export class ToldTenants implements TenantSlots {
  private readonly slots = new Map<string, Slot>();

  told(tenant: string, slot: Slot): void {
    this.slots.set(tenant, slot);
  }

  take(tenant: string): Slot {
    const slot = this.slots.get(tenant);
    if (slot === undefined) throw new Error(`tenant ${tenant} has no slot`);
    return slot;
  }

  // A tenant of that name may have come meanwhile: it has another slot.
  give(tenant: string, slot: Slot): void {
    if (this.slots.get(tenant) === slot) this.slots.delete(tenant);
  }
}
