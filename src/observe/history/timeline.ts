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

/** The fields of a point in the order in which they are kept as numbers; NaN in place of null. */
export const POINT_FIELDS = [
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

export const POINT_SIZE = POINT_FIELDS.length;
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

  /** `at`: any time in the step, in milliseconds since 1970. A step that has come already is replaced. Where the clock has been
   * set back, what lies ahead now is forgotten: it comes again. */
  put(at: number, point: Point): void {
    const number = Math.floor(at / this.step);
    if (number < this.latest) this.goBackTo(number);
    const gap = this.latest < 0 ? 1 : Math.min(number - this.latest, this.most);
    this.makeRoom(this.count + gap);
    for (let missing = gap - 1; missing > 0; missing--) this.write(number - missing, null);
    this.latest = number;
    this.count = Math.min(this.most, this.count + gap);
    this.write(number, point);
  }

  /** Adds a step of before those that have come. One that is known stays. */
  fill(at: number, point: Point): void {
    const number = Math.floor(at / this.step);
    if (this.latest < 0) return this.put(at, point);
    const behind = this.latest - number;
    if (behind <= 0 || behind >= this.most || this.at(at) !== null) return;
    this.makeRoom(behind + 1);
    while (this.count <= behind) this.write(this.latest - this.count++, null);
    this.write(number, point);
  }

  /** The point of the step in which `at` is; null: nothing is known of it. */
  at(at: number): Point | null {
    const number = Math.floor(at / this.step);
    if (number > this.latest || number <= this.latest - this.count) return null;
    return pointAt(this.values, this.placeOf(number));
  }

  private goBackTo(number: number): void {
    this.count = Math.max(0, this.count - (this.latest - number));
    this.latest = this.count === 0 ? -1 : number;
  }

  private write(number: number, point: Point | null): void {
    writePoint(this.values, this.placeOf(number), point);
  }

  private placeOf(number: number): number {
    return (number % (this.values.length / POINT_SIZE)) * POINT_SIZE;
  }

  // Doubling, so that a tenant without traffic takes nothing and one with a short past little.
  private makeRoom(steps: number): void {
    const room = this.values.length / POINT_SIZE;
    if (steps <= room || room >= this.most) return;
    const before = { values: this.values, room };
    this.values = new Float64Array(Math.min(this.most, Math.max(FIRST_ROOM, room * 2, steps)) * POINT_SIZE).fill(
      Number.NaN,
    );
    for (let number = this.latest - this.count + 1; number <= this.latest; number++) {
      const from = (number % before.room) * POINT_SIZE;
      this.values.set(before.values.subarray(from, from + POINT_SIZE), this.placeOf(number));
    }
  }
}

/** The point whose numbers begin there; null: nothing is known of it. */
export function pointAt(values: Float64Array, start: number): Point | null {
  if (Number.isNaN(values[start] ?? Number.NaN)) return null;
  const read = (field: (typeof POINT_FIELDS)[number]): number => values[start + POINT_FIELDS.indexOf(field)] ?? 0;
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

/** Puts the numbers of a point there. */
export function writePoint(values: Float64Array, start: number, point: Point | null): void {
  for (const [at, field] of POINT_FIELDS.entries()) values[start + at] = point?.[field] ?? Number.NaN;
}
