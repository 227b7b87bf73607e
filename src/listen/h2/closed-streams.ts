// The last streams of a connection that are over, as their client has ended them: whoever sends more on such a stream has lost
// count (RFC 9113 5.1). Of a stream that the gateway has reset, more may be on its way.

const REMEMBERED = 64;

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
