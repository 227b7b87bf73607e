// The last streams of a connection that are over in one way. Whoever sends more on one that it has ended itself has lost count (RFC
// 9113 5.1). Of a stream that the gateway has ended, more may be on its way.

// More than a connection has at a time, as a rule (`limits.h2_streams`): all of them may end at once.
const REMEMBERED = 128;

export class ClosedStreams {
  private ids: Int32Array | null = null;
  private count = 0;

  add(id: number): void {
    this.ids ??= new Int32Array(REMEMBERED);
    this.ids[this.count++ % REMEMBERED] = id;
  }

  has(id: number): boolean {
    return this.ids !== null && this.ids.includes(id);
  }
}
