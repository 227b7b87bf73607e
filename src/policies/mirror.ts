// Sends a share of the requests to another pool as well, to try a new version with real traffic. Nobody waits for that pool.
import { z } from 'zod';
import { copy } from '../core/copy-bytes.ts';
import { defaulted, described } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { count, duration, portion, size, text } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { type Edit, requestEdit, whyNoEdit } from '../message/edits.ts';
import {
  CONTINUE,
  type CopyOutcome,
  type Follower,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from './contract.ts';
import type { PolicyTools } from './tools.ts';
import { TALLY_WORDS, Tally } from './tally.ts';

/** Programs that get copies know them by this field. Clients cannot send it. */
const MARK = 'X-Keystone-Mirror';

const poolName = text<string>({
  type: 'name',
  expected: 'the name of a pool of the tenant',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const method = text<string>({
  type: 'method',
  expected: 'a method such as GET',
  parse: (value) =>
    /^[A-Za-z]{1,32}$/.test(value) ? ok(value.toUpperCase()) : err({ message: '{value} is not a method' }),
});

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  parse(value) {
    const why = whyNoEdit('request', value);
    return why === null ? ok(value) : err({ message: `cannot be removed: ${why}` });
  },
});

const mirrorOptions = z.strictObject({
  to: described(poolName, 'The pool of the tenant that gets the copies.'),
  share: defaulted(portion, 'The share of the requests that is copied.', {
    value: '100%',
    reason: 'that pool is to see what the other one sees.',
  }),
  methods: defaulted(z.array(described(method, 'A method.')).min(1), 'Requests with these methods are copied.', {
    value: ['GET', 'HEAD'],
    reason: 'others do something, and would do it twice where both versions have one database.',
  }),
  remove: defaulted(z.array(described(fieldName, 'A name.')), 'Fields that copies do not have.', {
    value: ['Authorization', 'Cookie'],
    reason: 'a version on trial must not act for clients, nor be able to lose what they log in by.',
  }),
  body: defaulted(
    size({ min: bytes(0), max: bytes(1024 * 1024) }),
    'Requests with a larger body are not copied. So much is kept for each copy until the request is complete.',
    { value: '64KiB', reason: 'together with `in_flight` it bounds the memory to 4 MiB for each process.' },
  ),
  timeout: defaulted(duration, 'So long a copy may take in all.', {
    value: '5s',
    reason: 'one that hangs holds a place.',
  }),
  in_flight: defaulted(
    count({ min: 1, max: 10_000 }),
    'How many copies may be under way in each process. Further requests are not copied.',
    { value: 64, reason: 'a pool that is slower than the other one must not pile up copies.' },
  ),
});
type Options = z.output<typeof mirrorOptions>;

export const mirror = {
  type: 'mirror',
  summary: 'Sends copies of requests to another pool, and throws its answers away. Clients do not notice.',
  options: mirrorOptions,
  words: () => 3 * TALLY_WORDS,
  isShared: false,
  countsBy: ({ to }) => to,
  identityFields: () => [MARK.toLowerCase()],
  pools: ({ to }) => [to],
  create: (wanted, tools): Policy => new Mirror(wanted, tools),
} as const satisfies PolicyKind<Options>;

class Mirror implements Policy {
  private readonly edits: readonly Edit<'request'>[];
  private readonly methods: ReadonlySet<string>;
  private readonly tallies: Readonly<Record<'crowded' | 'large' | 'failed', Tally>>;
  private inFlight = 0;

  constructor(
    readonly options: Options,
    private readonly tools: PolicyTools,
  ) {
    const { methods, remove, to } = options;
    this.methods = new Set(methods);
    this.edits = [...remove.map((name) => requestEdit.remove(name)), requestEdit.set(MARK, '1')];
    const tally = (at: number, level: 'info' | 'warn', message: string): Tally =>
      new Tally(tools, at * TALLY_WORDS, { level, message, fields: { pool: to } });
    this.tallies = {
      crowded: tally(0, 'info', 'requests are not mirrored: there is no place for them'),
      large: tally(1, 'info', 'requests are not mirrored: their bodies are too large'),
      failed: tally(2, 'warn', 'mirrored requests get no answer'),
    };
  }

  request(request: PolicyRequest): Verdict {
    const { share, body, in_flight: most } = this.options;
    if (request.isSparing || request.isUpgrade || !this.methods.has(request.method) || this.tools.random() >= share)
      return CONTINUE;
    if (request.head.length > body) this.tallies.large.add();
    else if (this.inFlight >= most) this.tallies.crowded.add();
    else request.follow(new Copying(this, request));
    return CONTINUE;
  }

  enter(): void {
    this.inFlight++;
  }

  /** `outcome` null: the request has not become complete. */
  left(outcome: CopyOutcome | 'too_large' | null): void {
    this.inFlight--;
    if (outcome === 'too_large') this.tallies.large.add();
    else if (outcome === 'unsent') this.tallies.crowded.add();
    else if (outcome === 'failed') this.tallies.failed.add();
  }

  copy(request: PolicyRequest, body: Uint8Array): void {
    const { to, timeout } = this.options;
    request.copyTo({ pool: to, body, edits: this.edits, timeout, ended: (outcome) => this.left(outcome) });
  }
}

/** Keeps the body of one request until it is complete. */
class Copying implements Follower {
  private body: Uint8Array = new Uint8Array(0);
  private length = 0;
  private isOver = false;

  constructor(
    private readonly owner: Mirror,
    private readonly request: PolicyRequest,
  ) {
    owner.enter();
  }

  requestBody(piece: Uint8Array, start: number, end: number): void {
    if (this.isOver || start === end) return;
    const length = this.length + end - start;
    if (length > this.owner.options.body) return this.leave('too_large');
    // A copy, since a piece may be part of a large read.
    if (length > this.body.length) this.grow(length);
    this.length = copy(this.body, this.length, piece, start, end);
  }

  private grow(length: number): void {
    const grown = new Uint8Array(Math.min(this.owner.options.body, Math.max(length, this.body.length * 2)));
    copy(grown, 0, this.body, 0, this.length);
    this.body = grown;
  }

  requestEnd(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.copy(this.request, this.body.subarray(0, this.length));
  }

  end(): void {
    if (!this.isOver) this.leave(null);
  }

  private leave(outcome: 'too_large' | null): void {
    this.isOver = true;
    this.body = new Uint8Array(0);
    this.owner.left(outcome);
  }
}
