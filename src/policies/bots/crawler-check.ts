// Whether a client that says it is a crawler is that crawler: the name of its address must be one of the crawler's domains, and
// lead back to the address. Nobody waits for DNS: what has not been found out yet is not known.
import { BoundedMap } from '../../core/bounded-map.ts';
import { parseAddress } from '../../core/cidr.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { PolicyTools } from '../tools.ts';
import { CRAWLERS, type CrawlerName } from './bot-names.ts';

const MOST_REMEMBERED = 10_000;
/** Questions at a time. Clients with other addresses are asked about later. */
const MOST_AT_ONCE = 16;
/** An address may have many names. */
const MOST_NAMES = 4;

const MINUTE = 60_000;
// Addresses of crawlers change seldom. An answer of no is asked again sooner: the names of a new address come later than it.
const AGAIN_AFTER = { verified: millis(1440 * MINUTE), refuted: millis(60 * MINUTE), unknown: millis(MINUTE) };

type Found = keyof typeof AGAIN_AFTER;

export class CrawlerCheck {
  private readonly known = new BoundedMap<string, { readonly found: Found; readonly until: Millis }>(MOST_REMEMBERED);
  private readonly asking = new Set<string>();

  constructor(private readonly tools: Pick<PolicyTools, 'hosts' | 'now'>) {}

  /** True if it has been found out that the address belongs to the crawler. Otherwise it is being found out from here on. */
  isVerified(crawler: CrawlerName, address: string): boolean {
    const key = `${crawler} ${address}`;
    const known = this.known.get(key);
    const isFresh = known !== undefined && known.until > this.tools.now();
    if (!isFresh && !this.asking.has(key) && this.asking.size < MOST_AT_ONCE) void this.findOut(key, crawler, address);
    // What was right yesterday is, until it is known otherwise.
    return known?.found === 'verified';
  }

  private async findOut(key: string, crawler: CrawlerName, address: string): Promise<void> {
    this.asking.add(key);
    const found = await this.ask(crawler, address).catch((): Found => 'unknown');
    this.asking.delete(key);
    const before = this.known.get(key)?.found;
    const kept = found === 'unknown' && before !== undefined ? before : found;
    this.known.set(key, { found: kept, until: millis(this.tools.now() + AGAIN_AFTER[found]) });
  }

  private async ask(crawler: CrawlerName, address: string): Promise<Found> {
    const { hosts } = this.tools;
    const names = await hosts.namesOf(address);
    if (names === null) return 'unknown';
    const own = names.filter((name) => isBelow(name, CRAWLERS[crawler].domains)).slice(0, MOST_NAMES);
    const addresses = await Promise.all(own.map((name) => hosts.addressesOf(name, address)));
    if (addresses.some((all) => all !== null && all.some((one) => isSame(one, address)))) return 'verified';
    return addresses.includes(null) ? 'unknown' : 'refuted';
  }
}

function isBelow(name: string, domains: readonly string[]): boolean {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return domains.some((domain) => lower.endsWith(`.${domain}`));
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [parseAddress(one), parseAddress(other)];
  return first !== null && second !== null && first.join() === second.join();
}
