// The past of the traffic of one tenant, or of all, in steps of equal length: a ring of numbers that forgets its oldest steps.

/** What happened in one step. */
export type Point = {
  readonly requests: number;
  /** With a status of 4xx, and of 5xx. */
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly retries: number;
  readonly bytesOut: number;
  /** At its end. */
  readonly inFlight: number;
  /** In milliseconds; null: no exchange ended. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};

/** A step in which nothing happened. */
export const NOTHING: Point = {
  requests: 0,
  clientErrors: 0,
  serverErrors: 0,
  retries: 0,
  bytesOut: 0,
  inFlight: 0,
  p50: null,
  p95: null,
  p99: null,
};

const POINT_FIELDS = [
  'requests',
  'clientErrors',
  'serverErrors',
  'retries',
  'bytesOut',
  'inFlight',
  'p50',
  'p95',
  'p99',
] as const satisfies readonly (keyof Point)[];

const SIZE = POINT_FIELDS.length;
const FIRST_ROOM = 32;

/** The last `most` steps. Steps that nobody has put are unknown. */
export class Timeline {
  private values = new Float64Array(0);
  /** The number of the latest step; -1: there is none. A step's number is its beginning, divided by its length. */
  private latest = -1;
  /** How many steps are known, the latest included. */
  private count = 0;

  constructor(
    /** In milliseconds. */
    readonly step: number,
    private readonly most: number,
  ) {}

  /** `at`: any time in the step, in milliseconds since 1970. Steps come in order; one that has come already is replaced. */
  put(at: number, point: Point): void {
    const number = Math.floor(at / this.step);
    if (number < this.latest) return;
    const gap = this.latest < 0 ? 1 : Math.min(number - this.latest, this.most);
    this.makeRoom(this.count + gap);
    for (let missing = gap - 1; missing > 0; missing--) this.write(number - missing, null);
    this.latest = number;
    this.count = Math.min(this.most, this.count + gap);
    this.write(number, point);
  }

  /** The point of the step in which `at` is; null: nothing is known of it. */
  at(at: number): Point | null {
    const number = Math.floor(at / this.step);
    if (number > this.latest || number <= this.latest - this.count) return null;
    const start = this.placeOf(number);
    if (Number.isNaN(this.values[start])) return null;
    const read = (field: (typeof POINT_FIELDS)[number]): number =>
      this.values[start + POINT_FIELDS.indexOf(field)] ?? 0;
    const known = (field: 'p50' | 'p95' | 'p99'): number | null => (Number.isNaN(read(field)) ? null : read(field));
    return {
      requests: read('requests'),
      clientErrors: read('clientErrors'),
      serverErrors: read('serverErrors'),
      retries: read('retries'),
      bytesOut: read('bytesOut'),
      inFlight: read('inFlight'),
      p50: known('p50'),
      p95: known('p95'),
      p99: known('p99'),
    };
  }

  private write(number: number, point: Point | null): void {
    const start = this.placeOf(number);
    for (const [at, field] of POINT_FIELDS.entries()) this.values[start + at] = point?.[field] ?? Number.NaN;
  }

  private placeOf(number: number): number {
    return (number % (this.values.length / SIZE)) * SIZE;
  }

  // Doubling, so that a tenant without traffic takes nothing and one with a short past little.
  private makeRoom(steps: number): void {
    const room = this.values.length / SIZE;
    if (steps <= room || room >= this.most) return;
    const before = { values: this.values, room };
    this.values = new Float64Array(Math.min(this.most, Math.max(FIRST_ROOM, room * 2, steps)) * SIZE).fill(Number.NaN);
    for (let number = this.latest - this.count + 1; number <= this.latest; number++) {
      const from = (number % before.room) * SIZE;
      this.values.set(before.values.subarray(from, from + SIZE), this.placeOf(number));
    }
  }
}
