// Keeps answers of backends, and gives them to whoever asks for the same (RFC 9111). Each process keeps its own; what is purged is
// purged for all (invalidation.ts).
import { type Millis, millis } from '../../core/units.ts';
import { EMPTY } from '../../message/bytes.ts';
import { requestEdit, responseEdit, whyNoEdit } from '../../message/edits.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Purge, type Verdict } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { answerOf } from './answer.ts';
import { type Asked, type AskedRules, askedOf, placeOf, reasonToPass } from './asked.ts';
import { type Forwarded, hitStatus, passedStatus } from './cache-status.ts';
import { NO_WISHES, isContent, takesStale, wishesOf } from './client-wishes.ts';
import type { Directives } from './directives.ts';
import type { Entry } from './entry.ts';
import { Fetch, type FetchHome, type FetchPlan } from './fetch.ts';
import { KeptAnswers } from './kept-answers.ts';
import { Flight, type Landing } from './flight.ts';
import { INVALIDATION_WORDS } from './invalidation.ts';
import { type CacheOptions, cacheOptions } from './options.ts';

export const cache = {
  type: 'cache',
  summary:
    'Keeps answers of backends, as these allow it (RFC 9111), and gives them to whoever asks for the same. Requests for what is being fetched wait for it. Answers can be purged by address or tag, and stand in when backends fail.',
  options: cacheOptions,
  words: () => INVALIDATION_WORDS,
  isShared: false,
  // What has been purged stays so when other options change.
  countsBy: () => null,
  create: (options, tools): Policy => new Cache(options, tools),
} as const satisfies PolicyKind<CacheOptions>;

/** How a request is to be passed on. */
type Passing = {
  readonly asked: Asked;
  readonly entry: Entry | null;
  readonly flight: Flight | null;
  readonly forwarded: Forwarded;
  readonly isCollapsed?: boolean;
};

class Cache implements Policy, FetchHome {
  readonly answers: KeptAnswers;
  private readonly flights = new Map<string, Flight>();
  private readonly askedRules: AskedRules;

  constructor(
    private readonly options: CacheOptions,
    private readonly tools: Pick<PolicyTools, 'words' | 'now' | 'wallTime' | 'after' | 'memory'>,
  ) {
    const { key: extra = [], bypass_cookies: bypassCookies, query, shared } = options;
    this.answers = new KeptAnswers(options, tools);
    this.askedRules = { query, extra, isShared: shared, bypassCookies };
  }

  get hasStatus(): boolean {
    return this.options.status_header;
  }

  now(): Millis {
    return this.tools.now();
  }

  wall(): number {
    return this.tools.wallTime();
  }

  close(): void {
    for (const flight of this.flights.values()) flight.land('pass');
    this.answers.close();
  }

  purge(what: Purge): void {
    this.answers.purge(what);
  }

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const { head } = request;
    if (request.isUpgrade) return CONTINUE;
    if (!head.isHeadMethod && request.method !== 'GET') return this.passMethod(request);
    const why = reasonToPass(request, this.askedRules);
    if (why !== null) return this.passBy(request, why);
    const asked = askedOf(request, this.askedRules);
    return this.look(asked);
  }

  private look(asked: Asked): Verdict | Promise<Verdict> {
    const entry = this.answers.find(asked);
    const wishes = this.wishesOf(asked.request);
    if (entry === null) return this.miss(asked);
    if (asked.isAuthorized && !entry.made.stored.isForAuthorized) return this.passBy(asked.request, 'authorization');
    const now = this.tools.now();
    const ttl = entry.ttl(now);
    if (isContent(wishes, entry.age(now), ttl)) return this.hit(entry, asked);
    if (ttl > 0 && wishes.size > 0) return this.refresh(asked, entry, 'request');
    if (this.mayBeStale(entry, -ttl, wishes)) {
      this.renewBehind(asked, entry);
      return this.hit(entry, asked);
    }
    return this.refresh(asked, entry, 'stale');
  }

  private mayBeStale({ made }: Entry, staleFor: number, wishes: Directives): boolean {
    const { staleWhileRevalidate, allowsStale } = made.stored;
    return staleFor < staleWhileRevalidate || (allowsStale && takesStale(wishes, staleFor));
  }

  private wishesOf(request: PolicyRequest): Directives {
    if (this.options.ignore_client_no_cache) return NO_WISHES;
    return wishesOf(request.field('cache-control'), request.field('pragma'));
  }

  private hit(entry: Entry, asked: Asked): Verdict {
    return this.serve(entry, asked, hitStatus(entry, this.tools.now()));
  }

  serve(entry: Entry, { conditions, isGet }: Asked, status: string): Verdict {
    const asking = { conditions, isGet, now: this.tools.now(), wall: this.tools.wallTime() };
    const more = this.hasStatus ? ([['Cache-Status', status]] as const) : [];
    return { kind: 'respond', response: answerOf(entry, asking, more) };
  }

  private miss(asked: Asked): Verdict | Promise<Verdict> {
    const { request, key, isGet, conditions } = asked;
    if (wishesOf(request.field('cache-control'), null).has('only-if-cached'))
      return { kind: 'respond', response: this.notThere() };
    const forwarded = this.answers.has(key) ? 'vary-miss' : 'uri-miss';
    const isConditional = conditions.ifNoneMatch !== null || conditions.ifModifiedSince !== null;
    const isOnItsOwn = this.answers.isAskedAlone(key, isConditional);
    if (!isGet || conditions.range !== null || isOnItsOwn)
      return this.pass({ asked, entry: null, flight: null, forwarded });
    return this.fetch({ asked, entry: null, flight: null, forwarded });
  }

  private notThere(): LocalResponse {
    const status = passedStatus({ ...NOT_PASSED, detail: 'only-if-cached' });
    return { status: 504, headers: this.hasStatus ? [['Cache-Status', status]] : [], body: EMPTY };
  }

  private refresh(asked: Asked, entry: Entry, forwarded: Forwarded): Verdict | Promise<Verdict> {
    if (!asked.isGet) return this.pass({ asked, entry, flight: null, forwarded });
    return this.fetch({ asked, entry, flight: null, forwarded });
  }

  // Joins those that wait for the same, or is the first of them.
  private fetch(passing: Passing): Verdict | Promise<Verdict> {
    const { asked, entry } = passing;
    const present = this.flights.get(asked.key);
    // What is never fresh is asked for by each, or they would be served one after the other.
    const mayJoin = this.options.collapse && (entry === null || entry.made.stored.lifetime > 0);
    if (present === undefined) return this.lead({ ...passing, flight: this.begin(asked.key) });
    return mayJoin ? this.join(present, passing) : this.pass(passing);
  }

  private begin(key: string): Flight {
    const flight = new Flight(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    this.flights.set(key, flight);
    return flight;
  }

  private async join(flight: Flight, passing: Passing): Promise<Verdict> {
    const { landed, leave } = flight.join();
    const cancel = this.tools.after(this.options.collapse_wait, () => leave('pass'));
    passing.asked.request.follow({
      end() {
        cancel();
        leave(null);
      },
    });
    const landing = await landed;
    cancel();
    return this.afterwards(flight, landing, passing);
  }

  private afterwards(flight: Flight, landing: Landing, passing: Passing): Verdict {
    const { asked, forwarded } = passing;
    const entry = this.answers.find(asked);
    switch (landing) {
      case 'stored':
      case 'stale': {
        const isForIt = entry !== null && (!asked.isAuthorized || entry.made.stored.isForAuthorized);
        const isGood =
          isForIt && (landing === 'stale' ? this.answers.mayStandIn(entry) : entry.ttl(this.tools.now()) > 0);
        if (!isGood) return this.pass({ ...passing, entry });
        const collapsed = { ...NOT_PASSED, forwarded, isCollapsed: true };
        return this.serve(entry, asked, passedStatus(collapsed));
      }
      case 'lead':
        return this.lead({ ...passing, entry, flight });
      case 'pass':
        return this.pass({ ...passing, entry });
    }
  }

  // Asks for the whole, so that others can have it, or whether what is kept still holds.
  private lead(passing: Passing): Verdict {
    const { asked, entry } = passing;
    this.ask(asked.request, asked, entry);
    asked.request.follow(new Fetch(this, this.planOf(passing, false)));
    return CONTINUE;
  }

  private ask({ requestEdits }: PolicyRequest, { request, target }: Asked, entry: Entry | null): void {
    for (const name of CONDITIONS) if (request.field(name) !== null) requestEdits.add(requestEdit.remove(name));
    if (target !== null) request.rewrite(target);
    const { etag = null, lastModified = null } = entry ?? {};
    if (etag !== null && whyNoEdit('request', 'If-None-Match', etag) === null)
      requestEdits.add(requestEdit.set('If-None-Match', etag));
    if (lastModified !== null && whyNoEdit('request', 'If-Modified-Since', lastModified) === null)
      requestEdits.add(requestEdit.set('If-Modified-Since', lastModified));
  }

  private renewBehind(asked: Asked, entry: Entry): void {
    if (this.flights.has(asked.key) || !asked.isGet) return;
    const flight = this.begin(asked.key);
    const breakOff = asked.request.repeat((copy) => {
      const own = { ...askedOf(copy, this.askedRules), key: asked.key };
      this.ask(copy, own, entry);
      const plan = this.planOf({ asked: own, entry, flight, forwarded: 'stale' }, true);
      copy.follow(new Fetch(this, plan, () => this.tools.after(millis(0), () => breakOff?.())));
    });
    if (breakOff === null) flight.land('pass');
  }

  private pass(passing: Passing): Verdict {
    const { request } = passing.asked;
    request.follow(new Fetch(this, this.planOf({ ...passing, flight: null }, false)));
    return CONTINUE;
  }

  private planOf({ asked, entry, flight, forwarded, isCollapsed = false }: Passing, isUnheard: boolean): FetchPlan {
    return {
      asked,
      stamp: this.answers.stampOf(asked.place),
      entry,
      flight,
      forwarded,
      isCollapsed,
      detail: null,
      mark: asked.request.responseEdits.mark,
      isUnheard,
    };
  }

  private passBy(request: PolicyRequest, detail: string): Verdict {
    this.tellOf(request, { ...NOT_PASSED, forwarded: 'bypass', detail });
    return CONTINUE;
  }

  // RFC 9111 4.4: what changes a place has changed what was kept of it.
  private passMethod(request: PolicyRequest): Verdict {
    this.tellOf(request, { ...NOT_PASSED, forwarded: 'method' });
    if (request.head.methodClass === 'safe') return CONTINUE;
    const place = placeOf(request, this.askedRules);
    request.follow({
      response: (_request, { status, head }) => {
        if (head !== null && status >= 200 && status < 400) this.purge({ kind: 'url', ...place });
        return CONTINUE;
      },
    });
    return CONTINUE;
  }

  private tellOf({ responseEdits }: PolicyRequest, passed: Parameters<typeof passedStatus>[0]): void {
    if (this.hasStatus) responseEdits.add(responseEdit.append('Cache-Status', passedStatus(passed)));
  }
}

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range', 'range'];

const NOT_PASSED = { forwarded: 'uri-miss', status: null, isStored: false, isCollapsed: false, detail: null } as const;
