// Lets through so many requests in a time, by a part of the request.
import { z } from 'zod';
import { AddressVerdicts } from '../../core/address-verdicts.ts';
import { type AddressRange, formatRange, parseRange } from '../../core/cidr.ts';
import { defaulted, described, optional } from '../../core/described.ts';
import { failure } from '../../core/failure.ts';
import { err, ok } from '../../core/result.ts';
import { choice, count, duration, flag, text } from '../../core/settings.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { countKey, keyOf } from '../key.ts';
import { LimitTeller, limitFields } from '../limit-fields.ts';
import { GcraTable, wordsFor } from './gcra-table.ts';

const range = text<AddressRange>({
  type: 'address or range',
  expected: 'an IP address or a range',
  parse(value) {
    const parsed = parseRange(value);
    return parsed === null ? err({ message: '{value} is not an address or range' }) : ok(parsed);
  },
});

const options = z.strictObject({
  requests: described(count({ min: 1, max: 1_000_000 }), 'How many requests each key may send in `per`.'),
  per: defaulted(duration, 'The time for `requests`.', { value: '1s', reason: 'most limits are meant by the second.' }),
  burst: optional(
    count({ min: 1, max: 1_000_000 }),
    'How many may come at once. Absent: as many as `requests`, since a browser asks for many things at a time.',
  ),
  key: defaulted(
    countKey,
    'What is counted by: `client` (an IPv4 address, or an IPv6 network of 64 bits), `tenant`, `consumer`, `host`, `path`, `header:NAME`, `cookie:NAME`, `query:NAME`, or a list of these together.',
    {
      value: 'client',
      reason: 'every request has a client.',
    },
  ),
  when_key_missing: defaulted(
    choice(['client', 'allow', 'refuse']),
    'What happens to a request without that part: it counts for its client, is let through, or is refused.',
    { value: 'client', reason: 'leaving the part out must not be a way around the limit.' },
  ),
  exempt: defaulted(z.array(described(range, 'An address or range.')), 'Clients that are not counted.', {
    value: [],
    reason: 'a limit is for all.',
  }),
  ...limitFields,
  dry_run: defaulted(flag, 'Whether it only counts, and says in the log what it would refuse.', {
    value: false,
    reason: 'a limit is there to limit.',
  }),
  table: defaulted(
    count({ min: 1024, max: 1_048_576 }),
    'For how many keys at a time there is room, 8 bytes each. Where it is full, the key is forgotten that would be let through soonest.',
    { value: 8192, reason: 'more clients than that in one burst are an attack, which this is no answer to.' },
  ),
});
type Options = z.output<typeof options>;

const TOO_MANY = 'The client has sent too many requests.';
const FORGIVEN = 1;

export const rateLimit = {
  type: 'rate_limit',
  summary:
    'Lets through so many requests in a time by client, consumer or another part of the request, for all processes together.',
  options,
  words: ({ table }) => wordsFor(table),
  isShared: false,
  keepsOut: true,
  // Another rate goes on with what has been counted.
  countsBy: ({ key, table, per, requests }) => [key, table, per, requests],
  create: (wanted, tools): Policy => new RateLimit(wanted, tools),
} as const satisfies PolicyKind<Options>;

class RateLimit implements Policy {
  private readonly table: GcraTable;
  private readonly exempt: AddressVerdicts | null;
  private readonly teller: LimitTeller;
  /** A value of its own, by which it knows its refusals from those of other limits. */
  private readonly refused = failure('rate-limited', TOO_MANY);
  private stopSweeping: () => void = () => undefined;

  constructor(
    private readonly wanted: Options,
    private readonly tools: PolicyTools,
  ) {
    const { requests, per, table, exempt } = wanted;
    const burst = wanted.burst ?? requests;
    this.table = new GcraTable(tools.words, table, { requests, per, burst }, tools.random);
    this.exempt = exempt.length === 0 ? null : new AddressVerdicts(exempt.map(formatRange), [], false);
    this.teller = new LimitTeller(wanted, { quota: requests, most: burst, window: Math.ceil(per / 1000) });
    this.sweepLater();
  }

  private sweepLater(): void {
    this.stopSweeping = this.tools.after(this.table.sweepEvery, () => {
      this.table.sweep(this.tools.now());
      this.sweepLater();
    });
  }

  close(): void {
    this.stopSweeping();
  }

  request(request: PolicyRequest): Verdict {
    const { when_key_missing: whenMissing, dry_run: isDry } = this.wanted;
    if (this.isExempt(request)) return CONTINUE;
    const key = this.keyOf(request);
    if (key === null)
      return whenMissing === 'allow' || isDry ? CONTINUE : { kind: 'refuse', failure: this.refused, retryAfter: null };
    const allowance = this.table.take(key, 1, this.tools.now());
    if (allowance.isAllowed) return CONTINUE;
    if (!isDry) return { kind: 'refuse', failure: this.refused, retryAfter: allowance.retryAfter };
    this.tools.report({
      level: 'info',
      message: 'a rate limit would have refused a request',
      fields: { limit: this.wanted.name },
    });
    return CONTINUE;
  }

  // A request that another limit refuses has cost nothing here.
  response(request: PolicyRequest, { failure: why }: Parameters<NonNullable<Policy['response']>>[1]): Verdict {
    const key = this.isExempt(request) ? null : this.keyOf(request);
    if (key === null || this.wanted.dry_run) return CONTINUE;
    const now = this.tools.now();
    if (why?.code === 'rate-limited' && why !== this.refused) this.table.giveBack(key, FORGIVEN, now);
    const { remaining, reset } = this.table.look(key, now);
    this.teller.tell(request, { remaining, reset: Math.ceil(reset / 1000) });
    return CONTINUE;
  }

  private isExempt({ client }: PolicyRequest): boolean {
    return this.exempt !== null && this.exempt.letsIn(client.address) === true;
  }

  private keyOf(request: PolicyRequest): string | null {
    const key = keyOf(request, this.wanted.key);
    return key ?? (this.wanted.when_key_missing === 'client' ? keyOf(request, [{ from: 'client' }]) : null);
  }
}
