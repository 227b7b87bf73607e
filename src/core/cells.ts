// Numbers that more than one part of the gateway reads, as words of 32 bits: the only file that knows where each lies.
// The memory is this process's own, and grows, or it is shared with other processes and has its size for good; whoever
// reads and writes cannot tell. What processes count has a place for each of them, its one writer, and readers add the
// places up: a sum that several write is wrong as soon as one of them is killed. Two words that belong together are one.

import { BACKEND_RECORD, FIRST_BACKEND, FIRST_TENANT, GATEWAY_RECORD, TENANT_RECORD } from './series-layout.ts';

// To be raised with every change of the layout: whoever shares the memory refuses one that another version has laid out.
const LAYOUT_VERSION = 11;

/** The most processes that may serve requests at a time: their words for one backend fill one line of the cache. */
export const MOST_PROCESSES = 16;

/** The place of who only reads: the supervisor, and a process that does not serve yet. */
export const NO_PLACE = -1;

/** Which record somebody has: of a backend, a tenant or a listener. Given out and taken back by `Slots`. */
export type Slot = number & { readonly slot: unique symbol };

/** Which word of a record; `Layout` keeps the words of one kind of record from being looked for in another. */
export type Field<Layout extends string> = number & { readonly field: Layout };

export type Fields<Layout extends string> = Readonly<Record<string, Field<Layout>>>;

/** What the owner of standing says of a backend. It alone writes here, but for `trial` and `waiters`. */
export const standingFields = {
  /** Why the backend gets no requests, or 0, with flags: see standing/word.ts. */
  word: field<'standing'>(0),
  /** In parts of 65,536. */
  weight: field<'standing'>(1),
  /** When it was found to be down, in milliseconds of the monotonic clock, modulo 2^32. */
  lostAt: field<'standing'>(2),
  /** Which process tries it with one request, as its place and one more; 0: none. */
  trial: field<'standing'>(3),
  /** In which processes requests wait for one of its places: a bit for each. */
  waiters: field<'standing'>(4),
};

/** What a process that serves requests counts of a backend, besides the requests that it has. */
export const trafficFields = {
  requests: field<'traffic'>(0),
  failures: field<'traffic'>(1),
  /** Answers that were no 5xx. */
  served: field<'traffic'>(2),
  /** Good answers that have come to their end. */
  whole: field<'traffic'>(3),
  /** When the latest answer was counted, in ticks that are the same in all processes. */
  heardAt: field<'traffic'>(4),
  /** When an attempt has failed last, in the same ticks. */
  failedAt: field<'traffic'>(5),
  /** Requests being served that have changed their protocol. */
  tunnels: field<'traffic'>(6),
  /** Connections that no request uses, as the process has last said: see `Backend.publishConnections`. */
  idle: field<'traffic'>(7),
  /** Connections that are open or being opened, where each carries many requests. */
  connections: field<'traffic'>(8),
  /** Connections that are open or being opened, as the process has last said. */
  open: field<'traffic'>(9),
};

/** Which tenant has a slot, by two hashes of its name. The owner of standing writes it. */
export const nameFields = {
  /** 0: nobody has the slot. */
  first: field<'name'>(0),
  second: field<'name'>(1),
  /** The record where its traffic is counted; see `TrafficSeries`. 0: it has none of its own. */
  series: field<'name'>(2),
};

/** What a process counts of a tenant's retries. */
export const budgetFields = {
  /** Which part of time the other two were counted for; see `RetryBudget`. */
  at: field<'budget'>(0),
  requests: field<'budget'>(1),
  retries: field<'budget'>(2),
};

/** What a tenant has of the event loop of a process. */
export const shareFields = {
  /** Requests that wait for it. */
  waiting: field<'share'>(0),
  /** What it has used of it in the last second, in hundredths of a per cent. */
  used: field<'share'>(1),
  /** Requests that have waited in vain, or could not even wait. */
  refused: field<'share'>(2),
};

/** What a process has of what its tenant may have only so much of. */
export const usageFields = {
  /** Requests in flight, of tenants that may have only so many. */
  requests: field<'usage'>(0),
  /** The same of connections. */
  connections: field<'usage'>(1),
  /** Bytes of bodies that are kept. */
  buffered: field<'usage'>(2),
  /** Requests that were refused, because the tenant had all that it may have. */
  refused: field<'usage'>(3),
};

/** How far ahead a tenant is of what it may take by and by. All processes write here; see core/pace.ts. */
export const paceFields = {
  requests: field<'pace'>(0),
  requestsTouched: field<'pace'>(1),
  bytes: field<'pace'>(2),
  bytesTouched: field<'pace'>(3),
};

/** What a process says of itself. */
export const processFields = {
  /** One more with each tick of its wheel: it does not hang. */
  heartbeat: field<'process'>(0),
  /** What it does at the moment; see core/crumb.ts. */
  crumb: field<'process'>(1),
  /** Its number in the system; 0: nobody sits there. */
  pid: field<'process'>(2),
  /** Processor time that it has used, in hundredths of a second, modulo 2^32. */
  processorTime: field<'process'>(3),
  /** In KiB. */
  memory: field<'process'>(4),
  /** How late its event loop came at most in the last second, in microseconds. */
  delay: field<'process'>(5),
  /** The number of the next descriptor. */
  descriptors: field<'process'>(6),
};

/** How many of each a shared memory has room for. */
export type Room = {
  readonly backends: number;
  readonly tenants: number;
  /** A power of two, like the clients; as many keys may hold places of policies. */
  readonly listeners: number;
  readonly clients: number;
  /** Words of policies, a multiple of 16. */
  readonly policyWords: number;
  /** Tenants and backends whose traffic is counted apart. */
  readonly tenantSeries: number;
  readonly backendSeries: number;
};

/** Where each kind of numbers lies in a shared memory; in a process's own memory each has an array to itself. */
export type Sections = {
  readonly standing: Int32Array;
  readonly places: Int32Array;
  readonly streams: Int32Array;
  readonly traffic: Int32Array;
  readonly heard: Int32Array;
  readonly tenantNames: Int32Array;
  readonly tenantRequests: Int32Array;
  readonly tenantStreams: Int32Array;
  readonly waiting: Int32Array;
  readonly budgets: Int32Array;
  readonly shares: Int32Array;
  readonly usage: Int32Array;
  readonly paces: Int32Array;
  readonly connections: Int32Array;
  readonly listenerKeys: Int32Array;
  readonly clients: Int32Array;
  readonly processes: Int32Array;
  readonly policies: Int32Array;
  readonly held: Int32Array;
  readonly tenantTraffic: Int32Array;
  readonly backendTraffic: Int32Array;
  readonly gatewayCounts: Int32Array;
  readonly bounds: Int32Array;
};

// One line of the cache: what different processes write lies in different ones.
export const LINE = 16;
const HEADER = LINE;
/** Words for one client: two lines, see `ClientTable`. */
export const ENTRY = 2 * LINE;
/** Words for places that one key holds: four lines, see `PlaceTable`. */
export const PLACES_ENTRY = 4 * LINE;
/** One more than there are processes: what was counted by those that have ended. */
export const ALL_PLACES = MOST_PROCESSES + 1;
/** Words for the bounds of histograms. */
const BOUND_WORDS = 4 * LINE;
const WORDS_PER_DOUBLE = 2;

function lengthsOf(room: Room): Readonly<Record<keyof Sections, number>> {
  const { backends, tenants, listeners, clients, policyWords, tenantSeries, backendSeries } = room;
  return {
    standing: backends * sizeOf(standingFields),
    places: backends * MOST_PROCESSES,
    streams: backends * MOST_PROCESSES,
    traffic: ALL_PLACES * backends * sizeOf(trafficFields),
    heard: MOST_PROCESSES * bitWords(backends),
    tenantNames: tenants * sizeOf(nameFields),
    tenantRequests: tenants * MOST_PROCESSES,
    tenantStreams: tenants * MOST_PROCESSES,
    waiting: tenants * MOST_PROCESSES,
    budgets: ALL_PLACES * tenants * sizeOf(budgetFields),
    shares: ALL_PLACES * tenants * sizeOf(shareFields),
    usage: ALL_PLACES * tenants * sizeOf(usageFields),
    paces: tenants * sizeOf(paceFields),
    connections: listeners * MOST_PROCESSES,
    listenerKeys: listeners,
    clients: clients * ENTRY,
    processes: ALL_PLACES * sizeOf(processFields),
    policies: policyWords,
    held: LINE + clients * PLACES_ENTRY,
    tenantTraffic: ALL_PLACES * (FIRST_TENANT + tenantSeries) * WORDS_PER_DOUBLE * TENANT_RECORD,
    backendTraffic: ALL_PLACES * (FIRST_BACKEND + backendSeries) * WORDS_PER_DOUBLE * BACKEND_RECORD,
    gatewayCounts: ALL_PLACES * WORDS_PER_DOUBLE * GATEWAY_RECORD,
    bounds: BOUND_WORDS,
  };
}

/** How many bytes such a memory takes. Those that are never used cost nothing where the system gives memory by pages. */
export function bytesOf(room: Room): number {
  const words = Object.values(lengthsOf(room)).reduce((sum, length) => sum + inLines(length), HEADER);
  return words * Int32Array.BYTES_PER_ELEMENT;
}

/** Finds the sections of a memory, which is empty or was laid out for the same room. */
export function sectionsOf(memory: ArrayBufferLike, room: Room): Sections {
  checkHeader(new Int32Array(memory, 0, HEADER), room);
  let at = HEADER;
  const next = (length: number): Int32Array => {
    const words = new Int32Array(memory, at * Int32Array.BYTES_PER_ELEMENT, length);
    at += inLines(length);
    return words;
  };
  const lengths = lengthsOf(room);
  return {
    standing: next(lengths.standing),
    places: next(lengths.places),
    streams: next(lengths.streams),
    traffic: next(lengths.traffic),
    heard: next(lengths.heard),
    tenantNames: next(lengths.tenantNames),
    tenantRequests: next(lengths.tenantRequests),
    tenantStreams: next(lengths.tenantStreams),
    waiting: next(lengths.waiting),
    budgets: next(lengths.budgets),
    shares: next(lengths.shares),
    usage: next(lengths.usage),
    paces: next(lengths.paces),
    connections: next(lengths.connections),
    listenerKeys: next(lengths.listenerKeys),
    clients: next(lengths.clients),
    processes: next(lengths.processes),
    policies: next(lengths.policies),
    held: next(lengths.held),
    tenantTraffic: next(lengths.tenantTraffic),
    backendTraffic: next(lengths.backendTraffic),
    gatewayCounts: next(lengths.gatewayCounts),
    bounds: next(lengths.bounds),
  };
}

function checkHeader(header: Int32Array, room: Room): void {
  const { backends, tenants, listeners, clients, policyWords, tenantSeries, backendSeries } = room;
  const numbers = [backends, tenants, listeners, clients, policyWords, tenantSeries, backendSeries];
  const expected = [LAYOUT_VERSION, ...numbers];
  for (const [at, word] of expected.entries()) {
    const found = Atomics.compareExchange(header, at, 0, word);
    if (found === 0 || found === word) continue;
    const what = at === 0 ? 'cells of layout' : 'cells with room for';
    throw new Error(`${what} ${found}, where ${word} is known`);
  }
}

/** Whose numbers a process writes. */
export type Seat = {
  /** Its place among the processes; `NO_PLACE`: it writes nothing. */
  readonly place: number;
  /** How many places there are. */
  readonly processes: number;
  /** Absent: all processes serve at a time, and its place is its number. */
  readonly turn?: Turn | undefined;
};

/** Which of the processes that serve at a time it is. There are more places than that, for those that take over. */
export type Turn = { readonly number: number; readonly of: number };

/** The part of one process of something that all of them have together: at least 1, if there is any. */
export function partOf(count: number, { number, of }: Turn): number {
  if (count === 0 || count === Number.POSITIVE_INFINITY) return count;
  return Math.max(1, Math.floor(count / of) + (number < count % of ? 1 : 0));
}

export function turnOf({ place, processes, turn }: Seat): Turn {
  return turn ?? { number: Math.max(0, place), of: processes };
}

export const ALONE: Seat = { place: 0, processes: 1 };

/** A record for each slot, the same for all processes. */
export class Cells<Layout extends string> {
  private readonly isPrivate: boolean;
  /** A power of two, so that no record lies across two lines of the processor's cache. */
  private readonly size: number;
  private words: Int32Array;

  /** `words`: in shared memory; absent: of this process alone. */
  constructor(fields: Fields<Layout>, words?: Int32Array) {
    this.isPrivate = words === undefined;
    this.size = sizeOf(fields);
    this.words = words ?? new Int32Array(0);
  }

  /** How many slots there is room for. */
  get slots(): number {
    return this.words.length / this.size;
  }

  get(slot: Slot, word: Field<Layout>): number {
    return Atomics.load(this.words, slot * this.size + word);
  }

  set(slot: Slot, word: Field<Layout>, value: number): void {
    Atomics.store(this.words, slot * this.size + word, value);
  }

  /** Returns the sum. */
  add(slot: Slot, word: Field<Layout>, by: number): number {
    return (Atomics.add(this.words, slot * this.size + word, by) + by) | 0;
  }

  /** True: it was `expected`, and is `value` now. */
  swap(slot: Slot, word: Field<Layout>, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.words, slot * this.size + word, expected, value) === expected;
  }

  /** Sets these bits. */
  raise(slot: Slot, word: Field<Layout>, bits: number): void {
    Atomics.or(this.words, slot * this.size + word, bits);
  }

  /** Clears these bits. */
  lower(slot: Slot, word: Field<Layout>, bits: number): void {
    Atomics.and(this.words, slot * this.size + word, ~bits);
  }

  /** For whoever has the slot next. */
  clear(slot: Slot): void {
    const start = slot * this.size;
    for (let at = start; at < start + this.size; at++) Atomics.store(this.words, at, 0);
  }

  /** Makes room for as many slots at least; what is counted stays. Shared memory cannot grow: others look at it. */
  grow(slots: number): void {
    if (slots <= this.slots) return;
    if (!this.isPrivate) throw new Error('shared cells cannot grow');
    this.words = enlarged(this.words, slots * this.size);
  }
}

/** The slot with this number. */
export function slotOf(number: number): Slot {
  return number as Slot;
}

function field<Layout extends string>(place: number): Field<Layout> {
  return place as Field<Layout>;
}

/** How many words a record takes: a power of two. By shifts, so that it is an integer for the engine, too: 2 ** 3 is a
 * floating-point number to it, and makes each access three times as expensive. */
export function sizeOf(fields: Readonly<Record<string, unknown>>): number {
  return 1 << (32 - Math.clz32(Object.keys(fields).length - 1));
}

/** How many words have a bit for each slot, in whole lines of the cache. */
export function bitWords(slots: number): number {
  return inLines(Math.ceil(slots / 32));
}

function inLines(words: number): number {
  return Math.ceil(words / LINE) * LINE;
}

/** A copy with more room. */
export function enlarged(words: Int32Array, length: number): Int32Array {
  const more = new Int32Array(length);
  more.set(words);
  return more;
}
