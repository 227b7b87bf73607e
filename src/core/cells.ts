// Numbers that more than one part of the gateway reads, as words of 32 bits: the only file that knows where each lies.
// The memory may be this process's own or shared with others; whoever reads and writes cannot tell. Every record has one
// writer, so that no sum is lost when a process dies, and two words that belong together are one word.

// To be raised with every change of a record: whoever shares the memory refuses one that another version has laid out.
const LAYOUT_VERSION = 2;

/** Which record a backend has, among those of all tenants. Given out and taken back by `BackendCells`. */
export type Slot = number & { readonly slot: unique symbol };

/** Which word of a record; `Layout` keeps the words of one kind of record from being looked for in another. */
export type Field<Layout extends string> = number & { readonly field: Layout };

/** What the owner of standing says of a backend. It alone writes here. */
export const standingFields = {
  /** Why the backend gets no requests, or 0, with flags: see standing/word.ts. */
  word: field<'standing'>(0),
  /** In parts of 65,536. */
  weight: field<'standing'>(1),
  /** When it was found to be down, in milliseconds of the monotonic clock, modulo 2^32. */
  lostAt: field<'standing'>(2),
};

/** What a process that serves requests counts of a backend. Each process has records of its own; readers add them up. */
export const trafficFields = {
  /** Requests being served now. */
  inFlight: field<'traffic'>(0),
  /** Those of them that have changed their protocol. */
  tunnels: field<'traffic'>(1),
  requests: field<'traffic'>(2),
  failures: field<'traffic'>(3),
  /** Answers that were no 5xx. */
  served: field<'traffic'>(4),
  /** Good answers that have come to their end. */
  whole: field<'traffic'>(5),
  /** When the latest answer was counted, in ticks of the wheel. */
  heardAt: field<'traffic'>(6),
  /** Requests being served that count no more against the most that the backend may have: see `TransportTarget.streamBegan`. */
  streams: field<'traffic'>(7),
};

/** So many words that one policy of one tenant counts in. */
export function policyFields(words: number): Readonly<Record<number, Field<'policy'>>> {
  return Object.fromEntries(Array.from({ length: words }, (_, at) => [at, field<'policy'>(at)]));
}

/** A record for each slot. The record before the first begins with the version of the layout. */
export class Cells<Layout extends string> {
  private readonly isPrivate: boolean;
  /** A power of two, so that no record lies across two lines of the processor's cache. */
  private readonly size: number;
  private words: Int32Array;

  /** `memory`: of a size that is right for as many slots as it is to hold; absent: of this process alone. */
  constructor(fields: Readonly<Record<string, Field<Layout>>>, memory?: ArrayBufferLike) {
    this.isPrivate = memory === undefined;
    this.size = sizeOf(Object.keys(fields).length);
    this.words = memory === undefined ? new Int32Array(this.size) : new Int32Array(memory);
    const version = Atomics.compareExchange(this.words, 0, 0, LAYOUT_VERSION);
    if (version !== 0 && version !== LAYOUT_VERSION)
      throw new Error(`cells of layout ${version}, where ${LAYOUT_VERSION} is known`);
  }

  /** How many slots there is room for. */
  get slots(): number {
    return this.words.length / this.size - 1;
  }

  get(slot: Slot, word: Field<Layout>): number {
    return Atomics.load(this.words, (slot + 1) * this.size + word);
  }

  set(slot: Slot, word: Field<Layout>, value: number): void {
    Atomics.store(this.words, (slot + 1) * this.size + word, value);
  }

  /** Returns the sum. */
  add(slot: Slot, word: Field<Layout>, by: number): number {
    return (Atomics.add(this.words, (slot + 1) * this.size + word, by) + by) | 0;
  }

  /** True: it was `expected`, and is `value` now. */
  swap(slot: Slot, word: Field<Layout>, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.words, (slot + 1) * this.size + word, expected, value) === expected;
  }

  /** For whoever has the slot next. */
  clear(slot: Slot): void {
    const start = (slot + 1) * this.size;
    for (let at = start; at < start + this.size; at++) Atomics.store(this.words, at, 0);
  }

  /** Makes room for as many slots at least; what is counted stays. Shared memory cannot grow: others look at it. */
  grow(slots: number): void {
    if (slots <= this.slots) return;
    if (!this.isPrivate) throw new Error('shared cells cannot grow');
    const words = new Int32Array((slots + 1) * this.size);
    words.set(this.words);
    this.words = words;
  }
}

/** How many bytes of memory so many slots take. */
export function bytesOf(fields: Readonly<Record<string, unknown>>, slots: number): number {
  return sizeOf(Object.keys(fields).length) * (slots + 1) * Int32Array.BYTES_PER_ELEMENT;
}

/** The slot with this number. */
export function slotOf(number: number): Slot {
  return number as Slot;
}

function field<Layout extends string>(place: number): Field<Layout> {
  return place as Field<Layout>;
}

// A power of two. By shifts, so that it is an integer for the engine, too: 2 ** 3 is a floating-point number to it, and
// makes each access three times as expensive.
function sizeOf(fields: number): number {
  return 1 << (32 - Math.clz32(fields - 1));
}
