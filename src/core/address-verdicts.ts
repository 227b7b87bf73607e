// Which addresses are let in, by two lists of ranges: the longest range that holds an address decides, and of two equal ones
// the one that keeps it out. IPv4 and IPv6 are two worlds: `::/0` holds no IPv4 address. Made once, of a hundred thousand
// ranges if need be, and asked for each request.
import { WORDS, readAddress } from './address-words.ts';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** A range of IPv4 as one number, by which ranges are sorted: its first address, its length, and whether it lets in. */
const KEY_UNIT = 128;
const WORD = 32n;

const asked = new Uint32Array(WORDS);

/** A range: the address that it begins with, and how many of its bits count. */
type Block<Place> = {
  readonly first: Place;
  readonly last: Place;
  readonly bits: number;
  readonly isAllowed: boolean;
};

/** Null: the text is a range, or an address. Otherwise what is wrong with it. */
export function whyNoRange(text: string): string | null {
  const bits = readRange(text);
  if (bits < 0) return 'is no address or range';
  return hasMore(bits) ? 'has bits set beyond its length' : null;
}

export class AddressVerdicts {
  /** Where stretches of IPv4 addresses with one verdict begin, in their order; the first begins at 0. */
  private readonly ipv4: Uint32Array;
  private readonly ipv4Verdicts: Uint8Array;
  /** The same for IPv6, four numbers each. */
  private readonly ipv6: Uint32Array;
  private readonly ipv6Verdicts: Uint8Array;

  /** Texts of ranges. `isUsual`: whether an address that no range holds is let in. */
  constructor(allowed: readonly string[], denied: readonly string[], isUsual: boolean) {
    const sorter = new Sorter();
    for (const range of allowed) sorter.take(range, true);
    for (const range of denied) sorter.take(range, false);
    const ipv4 = new Stretches<number>(0, 2 ** IPV4_BITS - 1, isUsual, (place) => place + 1);
    for (const block of sorter.ipv4()) ipv4.enter(block);
    ipv4.leaveAll();
    const ipv6 = new Stretches<bigint>(0n, 2n ** BigInt(IPV6_BITS) - 1n, isUsual, (place) => place + 1n);
    for (const block of sorter.ipv6()) ipv6.enter(block);
    ipv6.leaveAll();
    this.ipv4 = Uint32Array.from(ipv4.starts);
    this.ipv4Verdicts = Uint8Array.from(ipv4.verdicts, Number);
    this.ipv6 = Uint32Array.from(ipv6.starts.flatMap(wordsOf));
    this.ipv6Verdicts = Uint8Array.from(ipv6.verdicts, Number);
  }

  /** Null: the text is no address. */
  letsIn(address: string): boolean | null {
    if (!readAddress(address, 0, address.length, asked)) return null;
    return isIpv4(asked)
      ? this.ipv4Verdicts[lastUpTo(this.ipv4, asked[3])] === 1
      : this.ipv6Verdicts[lastOfWordsUpTo(this.ipv6, asked)] === 1;
  }
}

function isIpv4(words: Uint32Array): boolean {
  return words[2] === 0xffff && words[1] === 0 && words[0] === 0;
}

/** The place of the last entry that is not greater; the first one is not. */
function lastUpTo(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lastOfWordsUpTo(sorted: Uint32Array, words: Uint32Array): number {
  let low = 0;
  let high = sorted.length / WORDS - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isUpTo(sorted, middle * WORDS, words)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isUpTo(sorted: Uint32Array, from: number, words: Uint32Array): boolean {
  for (let at = 0; at < WORDS; at++) if (sorted[from + at] !== words[at]) return sorted[from + at] < words[at];
  return true;
}

/** Ranges in the order of their first addresses, a wider one before those that it holds; of two equal ones, the one that keeps
 * out comes last, and decides. */
class Sorter {
  private readonly keys: number[] = [];
  private readonly wide: Block<bigint>[] = [];

  take(text: string, isAllowed: boolean): void {
    const bits = readRange(text);
    if (bits < 0) throw new Error(`${text} is no range`);
    if (isIpv4(asked) && bits >= IPV6_BITS - IPV4_BITS) {
      const own = bits - IPV6_BITS + IPV4_BITS;
      this.keys.push(asked[3] * KEY_UNIT + own * 2 + (isAllowed ? 0 : 1));
      return;
    }
    const first = asked.reduce((value, word) => (value << WORD) | BigInt(word), 0n);
    this.wide.push({ first, last: first + 2n ** BigInt(IPV6_BITS - bits) - 1n, bits, isAllowed });
  }

  // Sorting numbers takes a tenth of the time that sorting blocks takes.
  *ipv4(): Generator<Block<number>> {
    for (const key of Float64Array.from(this.keys).toSorted()) {
      const first = Math.floor(key / KEY_UNIT);
      const bits = (key % KEY_UNIT) >> 1;
      yield { first, last: first + 2 ** (IPV4_BITS - bits) - 1, bits, isAllowed: key % 2 === 0 };
    }
  }

  ipv6(): readonly Block<bigint>[] {
    return this.wide.toSorted((one, other) => {
      if (one.first !== other.first) return one.first < other.first ? -1 : 1;
      return one.bits === other.bits ? Number(other.isAllowed) - Number(one.isAllowed) : one.bits - other.bits;
    });
  }
}

/** Goes through sorted blocks. Of two blocks one holds the other, or they have nothing in common. */
class Stretches<Place extends number | bigint> {
  readonly starts: Place[];
  readonly verdicts: boolean[];
  /** Those that hold the place that has been reached, the shortest last. */
  private readonly open: Block<Place>[] = [];

  constructor(
    start: Place,
    private readonly end: Place,
    private readonly isUsual: boolean,
    private readonly next: (place: Place) => Place,
  ) {
    this.starts = [start];
    this.verdicts = [isUsual];
  }

  enter(block: Block<Place>): void {
    this.leaveUntil(block.first);
    this.open.push(block);
    this.begin(block.first, block.isAllowed);
  }

  leaveAll(): void {
    this.leaveUntil(null);
  }

  private leaveUntil(place: Place | null): void {
    for (let block = this.open.at(-1); block !== undefined; block = this.open.at(-1)) {
      if (place !== null && block.last >= place) return;
      this.open.pop();
      if (block.last < this.end) this.begin(this.next(block.last), this.open.at(-1)?.isAllowed ?? this.isUsual);
    }
  }

  private begin(start: Place, verdict: boolean): void {
    const latest = this.starts.length - 1;
    if (this.starts[latest] === start) this.verdicts[latest] = verdict;
    else if (this.verdicts[latest] !== verdict) {
      this.starts.push(start);
      this.verdicts.push(verdict);
    }
  }
}

function wordsOf(place: bigint): readonly number[] {
  return [96n, 64n, WORD, 0n].map((shift) => Number((place >> shift) & 0xffffffffn));
}

/** Reads a range or an address into `asked`; returns how many bits of the 128 count, or -1: it is neither. */
function readRange(text: string): number {
  const slash = text.indexOf('/');
  const end = slash < 0 ? text.length : slash;
  if (text.includes('%') || !readAddress(text, 0, end, asked)) return -1;
  const own = text.includes(':') ? IPV6_BITS : IPV4_BITS;
  if (slash < 0) return IPV6_BITS;
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : own + 1;
  return length > own ? -1 : length + IPV6_BITS - own;
}

/** `asked` has bits beyond its first so many. */
function hasMore(bits: number): boolean {
  return asked.some((word, at) => {
    const counting = Math.max(0, Math.min(IPV4_BITS, bits - at * IPV4_BITS));
    return counting < IPV4_BITS && (word & (0xffffffff >>> counting)) !== 0;
  });
}
