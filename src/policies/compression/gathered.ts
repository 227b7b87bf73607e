// The part of a body that has come and is not compressed yet.

/** Slices of a body, in order. They are kept as they came, without a copy. */
export class Gathered {
  private slices: Uint8Array[] = [];
  /** In bytes. */
  size = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    this.slices.push(bytes.subarray(start, end));
    this.size += end - start;
  }

  /** Takes the first bytes, as many as there are up to `most`. They are copied only where they came in several slices. */
  take(most: number): Uint8Array {
    const size = Math.min(most, this.size);
    const [first] = this.slices;
    if (first === undefined || first.length >= size) return this.takeFirst(size);
    const taken = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const slice = this.takeFirst(Math.min(this.slices[0].length, size - at));
      taken.set(slice, at);
      at += slice.length;
    }
    return taken;
  }

  // No more than the first slice has.
  private takeFirst(size: number): Uint8Array {
    const [first] = this.slices;
    if (first === undefined) return NOTHING;
    this.size -= size;
    if (first.length === size) this.slices.shift();
    else this.slices[0] = first.subarray(size);
    return first.length === size ? first : first.subarray(0, size);
  }

  clear(): void {
    this.slices = [];
    this.size = 0;
  }
}

const NOTHING = new Uint8Array(0);
