// Lets so many requests be under way at a time, by a part of the request; a few more may wait for their turn.
import { z } from 'zod';
import { defaulted, described } from '../core/described.ts';
import { failure } from '../core/failure.ts';
import type { PlaceBounds, Stay } from '../core/place-lines.ts';
import { choice, count, durationOrZero, flag } from '../core/settings.ts';
import { contradict } from './contradiction.ts';
import { CONTINUE, type Follower, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from './contract.ts';
import type { PolicyPlaces } from './tools.ts';
import { countKey, keyOf } from './key.ts';
import { LimitTeller, limitFields } from './limit-fields.ts';

const options = z
  .strictObject({
    limit: described(count({ min: 1, max: 1_000_000 }), 'How many requests each key may have under way.'),
    key: defaulted(
      countKey,
      'What is counted by: `client` (an IPv4 address, or an IPv6 network of 64 bits), `tenant`, `consumer`, `host`, `path`, `header:NAME`, `cookie:NAME`, `query:NAME`, or a list of these together.',
      { value: 'client', reason: 'every request has a client.' },
    ),
    when_key_missing: defaulted(
      choice(['client', 'allow', 'refuse']),
      'What happens to a request without that part: it counts for its client, is let through, or is refused.',
      { value: 'client', reason: 'leaving the part out must not be a way around the limit.' },
    ),
    queue: defaulted(
      count({ min: 0, max: 100_000 }),
      'How many more requests of each key may wait for their turn, in the order in which they came.',
      { value: 0, reason: 'a client that is told at once can do something else.' },
    ),
    wait: defaulted(durationOrZero, 'How long a request may wait for its turn. Then it is refused.', {
      value: 0,
      reason: 'nobody waits as long as `queue` is 0.',
    }),
    count_upgrades: defaulted(
      flag,
      'Whether a connection that has changed its protocol, such as a WebSocket, counts as long as it is open. Otherwise it counts until it has changed.',
      { value: true, reason: 'it takes a connection to a backend all the while.' },
    ),
    ...limitFields,
  })
  .superRefine((given, context) => {
    if (given.queue > 0 === given.wait > 0) return;
    const message = given.queue > 0 ? 'lets requests wait, but for no time' : 'says how long to wait, but nobody may';
    contradict(given, context, { message, expected: '`queue` and `wait` together' });
  });
type Options = z.output<typeof options>;

const TOO_MANY = failure('concurrency-limited', 'Too many requests are under way at the same time.');
const REFUSED: Verdict = { kind: 'refuse', failure: TOO_MANY, retryAfter: null };

export const concurrency = {
  type: 'concurrency',
  summary:
    'Lets so many requests be under way at a time by client, consumer or another part of the request, for all processes together; a few more may wait for their turn.',
  options,
  words: () => 0,
  isShared: false,
  keepsOut: true,
  // Another limit goes on with those that are under way.
  countsBy: ({ key }) => key,
  create: (wanted, tools): Policy => new Concurrency(wanted, tools.places),
} as const satisfies PolicyKind<Options>;

class Concurrency implements Policy {
  private readonly bounds: PlaceBounds;
  private readonly teller: LimitTeller;

  constructor(
    private readonly wanted: Options,
    private readonly places: PolicyPlaces,
  ) {
    const { limit, queue, wait } = wanted;
    this.bounds = { limit, queue, wait };
    this.teller = new LimitTeller(wanted, { quota: limit, most: limit, window: null });
  }

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const { when_key_missing: whenMissing, key: by, count_upgrades: countsUpgrades } = this.wanted;
    const key = keyOf(request, by) ?? (whenMissing === 'client' ? keyOf(request, [{ from: 'client' }]) : null);
    if (key === null) return whenMissing === 'allow' ? CONTINUE : REFUSED;
    const stay = this.places.enter(key, this.bounds);
    if (stay.isIn === false) {
      this.teller.tell(request, NONE_LEFT);
      return REFUSED;
    }
    request.follow(new Guest(stay, this.teller, countsUpgrades));
    return stay.isIn === true ? CONTINUE : stay.isIn.then(verdictFor);
  }
}

const NONE_LEFT = { remaining: 0, reset: null };

function verdictFor(isIn: boolean): Verdict {
  return isIn ? CONTINUE : REFUSED;
}

/** A request that is under way, or waits for its turn. */
class Guest implements Follower {
  constructor(
    private readonly stay: Stay,
    private readonly teller: LimitTeller,
    private readonly countsUpgrades: boolean,
  ) {}

  response(request: PolicyRequest): Verdict {
    this.teller.tell(request, { remaining: this.stay.free, reset: null });
    return CONTINUE;
  }

  tunnelBegins(): void {
    if (!this.countsUpgrades) this.stay.leave();
  }

  end(): void {
    this.stay.leave();
  }
}
