// What a tenant has of what it may have only so much of: its requests and connections at the moment, and what is kept of bodies
// for it. All processes count together, each at a place of its own.
import { usageFields } from './cells.ts';
import { Pace, paceOfBytes, paceOfRequests } from './pace.ts';
import type { TenantCells, TenantNumbers } from './tenant-cells.ts';

export type Counted = keyof typeof usageFields;

/** Where the tenant has its slot. */
type Seated = Pick<TenantNumbers, 'place' | 'isShared' | 'isPublished'>;

export class TenantUsage {
  // Made when they are first needed: of ten thousand tenants few have such a limit.
  private requestPace: Pace | null = null;
  private bytePace: Pace | null = null;
  private own: Record<Counted, number> | null = null;

  constructor(
    private readonly cells: Pick<TenantCells, 'usage' | 'paces'>,
    private readonly seated: Seated,
  ) {}

  /** How many requests it may begin by and by. */
  get requests(): Pace {
    this.requestPace ??= new Pace(this.cells.paces, this.seated, paceOfRequests);
    return this.requestPace;
  }

  /** The same of the bytes that pass. */
  get bytes(): Pace {
    this.bytePace ??= new Pace(this.cells.paces, this.seated, paceOfBytes);
    return this.bytePace;
  }

  /** That of all processes. */
  total(what: Counted): number {
    const { cells, seated } = this;
    return seated.isShared ? cells.usage.sum(seated.place, usageFields[what]) : (this.own?.[what] ?? 0);
  }

  /** This process has so many more, or fewer. */
  add(what: Counted, by: number): void {
    const { cells, seated } = this;
    this.own ??= { requests: 0, connections: 0, buffered: 0, refused: 0 };
    const { own } = this;
    own[what] += by;
    if (seated.isPublished) cells.usage.set(seated.place, usageFields[what], own[what]);
  }

  /** Takes so many more, unless all processes together have more than `limit` then. */
  take(what: Counted, by: number, limit: number): boolean {
    this.add(what, by);
    // After it is published, so that of two processes at least one sees the other.
    if (this.total(what) <= limit) return true;
    this.add(what, -by);
    return false;
  }
}
