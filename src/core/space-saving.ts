// Which keys come most often, of however many there are, in bounded memory: Metwally, Agrawal, El Abbadi, "Efficient Computation
// of Frequent and Top-k Elements in Data Streams" (2005). A key that is not known takes the place of the one with the least
// count, and goes on from there. No count is too low; each is too high by at most `over`, and none by more than the sum of all
// counts divided by the number of places. A key that has come more often than that is there.

export type CountedKey = {
  readonly key: string;
  readonly count: number;
  /** By how much the count may be too high. */
  readonly over: number;
};

/** What has been counted in some time. `least`: a key that is not among them has come so often at most. */
export type Counted = { readonly keys: readonly CountedKey[]; readonly least: number };

export class SpaceSaving {
  private readonly placeOf = new Map<string, number>();
  // A heap by places: the parent of a place has no larger count. A key's place changes with its count.
  private readonly keys: string[] = [];
  private readonly counts: Float64Array;
  private readonly overs: Float64Array;

  /** `places`: how many keys it knows at a time. */
  constructor(private readonly places: number) {
    this.counts = new Float64Array(places);
    this.overs = new Float64Array(places);
  }

  add(key: string): void {
    const place = this.placeOf.get(key);
    if (place !== undefined) {
      this.counts[place]++;
      this.sink(place);
    } else if (this.keys.length < this.places) this.begin(key);
    else this.replaceLeast(key);
  }

  /** What has been counted since the last call; counting begins anew. */
  take(): Counted {
    const keys = this.keys.map((key, place) => ({
      key,
      count: this.counts[place],
      over: this.overs[place],
    }));
    const least = this.keys.length < this.places ? 0 : this.counts[0];
    this.keys.length = 0;
    this.placeOf.clear();
    return { keys, least };
  }

  // A count of one is no larger than any parent's, so that it rises past those that are larger.
  private begin(key: string): void {
    let place = this.keys.push(key) - 1;
    this.counts[place] = 1;
    this.overs[place] = 0;
    this.placeOf.set(key, place);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.counts[parent] <= 1) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private replaceLeast(key: string): void {
    this.placeOf.delete(this.keys[0] ?? '');
    this.keys[0] = key;
    this.placeOf.set(key, 0);
    this.overs[0] = this.counts[0];
    this.counts[0]++;
    this.sink(0);
  }

  private sink(from: number): void {
    const { counts } = this;
    const { length } = this.keys;
    for (let place = from; ; ) {
      let least = place;
      const [left, right] = [2 * place + 1, 2 * place + 2];
      if (left < length && counts[left] < counts[least]) least = left;
      if (right < length && counts[right] < counts[least]) least = right;
      if (least === place) return;
      this.swap(place, least);
      place = least;
    }
  }

  private swap(one: number, other: number): void {
    const { keys, counts, overs, placeOf } = this;
    const [key, count, over] = [keys[one] ?? '', counts[one], overs[one]];
    keys[one] = keys[other] ?? '';
    counts[one] = counts[other];
    overs[one] = overs[other];
    keys[other] = key;
    counts[other] = count;
    overs[other] = over;
    placeOf.set(keys[one] ?? '', one);
    placeOf.set(key, other);
  }
}
