// Says once a second what tenants use of the event loop of this process, and how many of their requests wait for it.
import type { Admission } from '../admit/admission.ts';
import type { Share } from '../admit/share.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { TenantNumbers } from '../core/tenant-cells.ts';

const PERIOD = millis(1000);
const MICROS = 1000;
const ALL = 10_000;

type Reported = { readonly numbers: TenantNumbers; taken: number };

export class ShareReports extends Timed {
  private readonly reported = new WeakMap<Share, Reported>();
  private begun: number;

  constructor(
    private readonly admission: Admission,
    private readonly wheel: TimerWheel,
    private readonly now: () => number,
  ) {
    super();
    this.begun = now();
    wheel.set(this, PERIOD);
  }

  /** From here on, as long as the share exists. */
  report(share: Share, numbers: TenantNumbers): void {
    this.reported.set(share, { numbers, taken: share.taken });
  }

  override expired(): void {
    const now = this.now();
    const micros = Math.max(1, (now - this.begun) * MICROS);
    this.begun = now;
    for (const share of this.admission.listed) this.reportOne(share, micros);
    this.wheel.set(this, PERIOD);
  }

  private reportOne(share: Share, micros: number): void {
    const known = this.reported.get(share);
    const taken = share.taken - (known?.taken ?? share.taken);
    known?.numbers.publishShare({
      waiting: share.size,
      used: Math.round((ALL * taken) / micros),
      refused: share.refused,
    });
    if (known !== undefined) known.taken = share.taken;
    if (taken !== 0 || share.size > 0) return;
    share.isListed = false;
    this.admission.listed.delete(share);
  }
}
