// The busiest tenants, paths and clients of the last minute, of all processes together. Counting begins when somebody asks, and
// ends when nobody has asked for a while.
import type { Clock } from '../../core/clock.ts';
import type { Counted } from '../../core/space-saving.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { CountedTop, Scope, TopWanted } from './top-tap.ts';

/** The minute is counted in pieces, of which the oldest are forgotten. */
const PIECE = millis(10_000);
const PIECES = 6;
/** Whoever has asked is taken to ask again within that time. */
const KEPT_COUNTING = millis(90_000);
/** The first answer waits until something has been counted. */
const FIRST_LOOK = millis(1500);
/** Lists that are counted at a time: one for the whole, others for tenants that somebody looks at. */
const MOST_SCOPES = 16;

export type TopEntry = {
  readonly key: string;
  readonly requests: number;
  /** Between these lies what it truly was. */
  readonly atLeast: number;
  readonly atMost: number;
};
export type TopList = 'tenants' | 'paths' | 'clients';
const LISTS = ['tenants', 'paths', 'clients'] as const satisfies readonly TopList[];

/** `seconds`: for how long it has been counted. */
export type Top = { readonly seconds: number; readonly requests: number } & Readonly<
  Record<TopList, readonly TopEntry[]>
>;

export type TopBoardTools = {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Tells all processes what is to be counted. */
  readonly want: (wanted: TopWanted) => void;
  /** `top.entries` in force. */
  readonly places: () => number;
};

export class TopBoard {
  private readonly watched = new Map<Scope, Watched>();

  constructor(private readonly tools: TopBoardTools) {}

  /** What is to be counted at the moment. */
  get wanted(): TopWanted {
    return { scopes: [...this.watched.keys()], places: this.tools.places() };
  }

  /** One process has counted this. */
  add(counted: readonly CountedTop[]): void {
    for (const one of counted) this.watched.get(one.scope)?.add(one, this.tools.clock.now());
  }

  /** The `most` busiest of each list. Null: too many tenants are looked at already. */
  async read(scope: Scope, most: number): Promise<Top | null> {
    const known = this.watched.get(scope);
    if (known === undefined && this.watched.size >= MOST_SCOPES) return null;
    const watched = known ?? this.begin(scope);
    watched.expect(this.tools.clock.after(KEPT_COUNTING, () => this.end(scope)));
    await watched.looked;
    return watched.read(most, this.tools.clock.now());
  }

  private begin(scope: Scope): Watched {
    const { clock, places } = this.tools;
    const looked = new Promise<void>((resolve) => void clock.after(FIRST_LOOK, resolve));
    const watched = new Watched(clock.now(), places(), looked);
    this.watched.set(scope, watched);
    this.tools.want(this.wanted);
    return watched;
  }

  private end(scope: Scope): void {
    this.watched.delete(scope);
    this.tools.want(this.wanted);
  }
}

type Piece = { readonly number: number; requests: number } & Readonly<Record<TopList, Tally>>;

/** Of the whole, or of one tenant. */
class Watched {
  private readonly pieces: Piece[] = [];
  private unexpect: () => void = () => undefined;

  constructor(
    private readonly begun: Millis,
    private readonly places: number,
    /** Resolves when there is something to look at. */
    readonly looked: Promise<void>,
  ) {}

  /** `cancel` keeps it from being ended. */
  expect(cancel: () => void): void {
    this.unexpect();
    this.unexpect = cancel;
  }

  add(counted: CountedTop, now: Millis): void {
    const piece = this.pieceAt(now);
    piece.requests += counted.requests;
    for (const list of LISTS) piece[list].add(counted[list], this.places);
  }

  read(most: number, now: Millis): Top {
    this.forget(now);
    const first = Math.floor(now / PIECE) - PIECES + 1;
    const seconds = (now - Math.max(this.begun, first * PIECE)) / 1000;
    const requests = this.pieces.reduce((sum, piece) => sum + piece.requests, 0);
    const listed = (list: TopList): readonly TopEntry[] => {
      const all = new Tally();
      for (const piece of this.pieces) all.merge(piece[list]);
      return all.busiest(most);
    };
    return { seconds, requests, tenants: listed('tenants'), paths: listed('paths'), clients: listed('clients') };
  }

  private pieceAt(now: Millis): Piece {
    this.forget(now);
    const number = Math.floor(now / PIECE);
    const last = this.pieces.at(-1);
    if (last?.number === number) return last;
    const made = { number, requests: 0, tenants: new Tally(), paths: new Tally(), clients: new Tally() };
    this.pieces.push(made);
    return made;
  }

  private forget(now: Millis): void {
    const oldest = Math.floor(now / PIECE) - PIECES + 1;
    while (this.pieces[0] !== undefined && this.pieces[0].number < oldest) this.pieces.shift();
  }
}

/** `missed`: how often it may have come where it was not named. */
type Sum = { count: number; over: number; missed: number };

/** What several have counted, one after the other or beside each other: see Agarwal et al., "Mergeable Summaries" (2012). */
class Tally {
  private readonly sums = new Map<string, Sum>();
  /** A key that is not here has come so often at most. */
  private least = 0;

  add({ keys, least }: Counted, places: number): void {
    for (const { key, count, over } of keys) this.take(key, { count, over, missed: 0 }, least);
    this.passOver(least);
    if (this.sums.size > 2 * places) this.cut(places);
  }

  merge({ sums, least }: Tally): void {
    for (const [key, { count, over, missed }] of sums) this.take(key, { count, over, missed }, least);
    this.passOver(least);
  }

  // The sum of a key that one has named; `passOver` follows.
  private take(key: string, { count, over, missed }: Sum, least: number): void {
    // What came before it was first named here may have had it.
    const sum = this.sums.get(key) ?? { count: 0, over: 0, missed: this.least };
    sum.count += count;
    sum.over += over;
    sum.missed += missed - least;
    this.sums.set(key, sum);
  }

  // All others may have been among those that were not named.
  private passOver(least: number): void {
    if (least === 0) return;
    this.least += least;
    for (const sum of this.sums.values()) sum.missed += least;
  }

  busiest(most: number): readonly TopEntry[] {
    return this.ordered()
      .slice(0, most)
      .map(([key, { count, over, missed }]) => ({
        key,
        requests: count,
        atLeast: count - over,
        atMost: count + missed,
      }));
  }

  private cut(places: number): void {
    for (const [key, { count, missed }] of this.ordered().slice(places)) {
      this.sums.delete(key);
      this.least = Math.max(this.least, count + missed);
    }
  }

  private ordered(): readonly (readonly [string, Sum])[] {
    return [...this.sums].toSorted(
      ([key, one], [other, two]) =>
        two.count - one.count || two.count - two.over - (one.count - one.over) || (key < other ? -1 : 1),
    );
  }
}
