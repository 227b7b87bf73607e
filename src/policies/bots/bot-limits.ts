// Keeps programs that fetch pages by themselves from taking more than their part, by what they call themselves. Names are
// claims: this is for those that say who they are.
import { z } from 'zod';
import { BoundedMap } from '../../core/bounded-map.ts';
import { clientKey } from '../../core/cidr.ts';
import { defaulted, described } from '../../core/described.ts';
import { failure } from '../../core/failure.ts';
import { err, ok } from '../../core/result.ts';
import { choice, count, countOrNone, duration, text } from '../../core/settings.ts';
import { contradict } from '../contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { GcraTable, wordsFor } from '../rate-limit/gcra-table.ts';
import { CRAWLERS, type CrawlerName, isBotName } from './bot-names.ts';
import { CrawlerCheck } from './crawler-check.ts';

const MOST_REQUESTS = 1_000_000;
/** Clients that are counted at a time. */
const TABLE = 4096;
const MOST_USER_AGENTS = 1000;
/** Longer ones are looked at so far. */
const LONGEST = 1024;

const word = text<string>({
  type: 'text',
  expected: 'a part of a User-Agent, of at least 3 characters',
  parse: (value) => (value.length >= 3 ? ok(value.toLowerCase()) : err({ message: '{value} is too short' })),
});
const words = z.array(described(word, 'A part of a User-Agent, in any case.'));

const crawlerNames = Object.keys(CRAWLERS).filter((name): name is CrawlerName => Object.hasOwn(CRAWLERS, name));

const userAgents = z.strictObject({
  deny: defaulted(words, 'Who is refused with 403.', {
    value: [],
    reason: 'only the operator knows who is not wanted.',
  }),
  limit: defaulted(words, 'Who is limited like the known bots.', {
    value: [],
    reason: 'the usual names are known.',
  }),
});

const rate = z.strictObject({
  requests: defaulted(
    countOrNone({ min: 1, max: MOST_REQUESTS }),
    'How many requests each of their clients may send in `per`; `none`: known bots are not limited.',
    {
      value: 1,
      reason: 'a crawler that is told 429 comes back more slowly, and one page a second is enough to find them all.',
    },
  ),
  per: defaulted(duration, 'The time for `requests`.', { value: '1s', reason: 'most limits are meant by the second.' }),
  burst: defaulted(count({ min: 1, max: MOST_REQUESTS }), 'How many may come at once.', {
    value: 5,
    reason: 'crawlers look at robots.txt and a few pages first.',
  }),
});

const options = z
  .strictObject({
    user_agents: defaulted(userAgents, 'Who is meant, by parts of the User-Agent.', {
      value: {},
      reason: 'the usual names are known.',
    }),
    known_bots: defaulted(
      rate,
      'What is left to each client (an IPv4 address, or an IPv6 network of 64 bits) whose User-Agent is that of a known bot or in `user_agents.limit`; for all processes together. Others get 429.',
      { value: {}, reason: 'see its settings.' },
    ),
    verified: defaulted(
      z.array(described(choice(crawlerNames), 'A crawler.')),
      'Crawlers that are not limited if they are who they say: if DNS has a name for their address that is one of their operator, and that name has this address. Until DNS has answered they are limited.',
      { value: [], reason: 'it takes questions to DNS.' },
    ),
    empty_user_agent: defaulted(
      choice(['allow', 'limit', 'deny']),
      'What happens to requests without a User-Agent: they go on, are limited like the known bots, or are refused with 403.',
      { value: 'allow', reason: 'many checks and scripts send none.' },
    ),
  })
  .superRefine((given, context) => {
    const wantsRate = given.user_agents.limit.length > 0 || given.empty_user_agent === 'limit';
    if (!wantsRate || given.known_bots.requests !== Number.POSITIVE_INFINITY) return;
    const message = 'says who is limited, but not how: known_bots has no requests';
    contradict(given, context, { message, expected: 'known_bots with requests' });
  });
type Options = z.output<typeof options>;

const DENIED: Verdict = { kind: 'refuse', failure: failure('forbidden'), retryAfter: null };
const TOO_MANY = failure('rate-limited', 'The program has sent too many requests.');

export const botLimits = {
  type: 'bot_limits',
  summary:
    'Limits programs that fetch pages by themselves, such as crawlers, by what they call themselves in their User-Agent, and keeps some out. Names are claims: who lies is not found.',
  options,
  words: () => wordsFor(TABLE),
  isShared: false,
  keepsOut: true,
  countsBy: ({ known_bots: { requests, per } }) => [requests, per],
  create: (wanted, tools): Policy => new BotLimits(wanted, tools),
} as const satisfies PolicyKind<Options>;

/** What a User-Agent says. */
type Claim =
  | { readonly kind: 'nobody' | 'denied' | 'limited' }
  | { readonly kind: 'crawler'; readonly name: CrawlerName };

class BotLimits implements Policy {
  private readonly claims = new BoundedMap<string, Claim>(MOST_USER_AGENTS);
  private readonly crawlers: CrawlerCheck;
  /** Null: known bots are not limited. */
  private readonly table: GcraTable | null;
  private stopSweeping: () => void = () => undefined;

  constructor(
    private readonly wanted: Options,
    private readonly tools: PolicyTools,
  ) {
    const { requests, per, burst } = wanted.known_bots;
    const isLimited = requests !== Number.POSITIVE_INFINITY;
    this.crawlers = new CrawlerCheck(tools);
    this.table = isLimited ? new GcraTable(tools.words, TABLE, { requests, per, burst }, tools.random) : null;
    this.sweepLater(this.table);
  }

  private sweepLater(table: GcraTable | null): void {
    if (table === null) return;
    this.stopSweeping = this.tools.after(table.sweepEvery, () => {
      table.sweep(this.tools.now());
      this.sweepLater(table);
    });
  }

  close(): void {
    this.stopSweeping();
  }

  request(request: PolicyRequest): Verdict {
    const claim = this.claimOf(request.field('user-agent') ?? '');
    switch (claim.kind) {
      case 'nobody':
        return CONTINUE;
      case 'denied':
        return DENIED;
      case 'limited':
        return this.limit(request);
      case 'crawler':
        return this.crawlers.isVerified(claim.name, request.client.address) ? CONTINUE : this.limit(request);
    }
  }

  private limit({ client }: PolicyRequest): Verdict {
    const allowance = this.table?.take(clientKey(client.address), 1, this.tools.now());
    if (allowance === undefined || allowance.isAllowed) return CONTINUE;
    return { kind: 'refuse', failure: TOO_MANY, retryAfter: allowance.retryAfter };
  }

  private claimOf(userAgent: string): Claim {
    const known = this.claims.get(userAgent);
    if (known !== undefined) return known;
    const claim = this.read(userAgent.slice(0, LONGEST).toLowerCase());
    if (userAgent.length <= LONGEST) this.claims.set(userAgent, claim);
    return claim;
  }

  private read(told: string): Claim {
    const { user_agents: named, verified, empty_user_agent: whenEmpty } = this.wanted;
    if (told.trim() === '') return WHEN_EMPTY[whenEmpty];
    if (isAnyIn(named.deny, told)) return { kind: 'denied' };
    const crawler = verified.find((name) => isAnyIn(CRAWLERS[name].words, told));
    if (crawler !== undefined) return { kind: 'crawler', name: crawler };
    return { kind: isAnyIn(named.limit, told) || isBotName(told) ? 'limited' : 'nobody' };
  }
}

const WHEN_EMPTY = { allow: { kind: 'nobody' }, limit: { kind: 'limited' }, deny: { kind: 'denied' } } as const;

function isAnyIn(all: readonly string[], told: string): boolean {
  return all.some((one) => told.includes(one));
}
