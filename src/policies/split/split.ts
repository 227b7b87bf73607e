// Sends each client to one of several pools of its tenant, by shares, and keeps it there.
import { hashText } from '../../core/hash.ts';
import { clientKey } from '../../core/cidr.ts';
import { type Edit, responseEdit } from '../../message/edits.ts';
import {
  CONTINUE,
  type ExplainedPool,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { TALLY_WORDS, Tally } from '../tally.ts';
import { cookieOf, schemeOf } from '../template.ts';
import { type SplitOptions, splitOptions } from './options.ts';
import { Shares } from './shares.ts';
import { SplitCookie } from './split-cookie.ts';

export const split = {
  type: 'split',
  summary:
    'Sends requests to several pools of the tenant by shares, as for a canary. A client stays in its share; one that grows keeps all whom it has.',
  options: splitOptions,
  words: () => TALLY_WORDS,
  isShared: false,
  // Other shares go on with what has been counted.
  countsBy: () => null,
  pools: ({ pools }) => Object.keys(pools),
  create: (options, tools): Policy => new Split(options, tools),
} as const satisfies PolicyKind<SplitOptions>;

/** By what a request was drawn; `made`: the value of a new cookie that it gets. */
type Lot = { readonly key: string; readonly by: string; readonly made: string | null };

class Split implements Policy {
  private readonly shares: Shares;
  private readonly cookie: SplitCookie;
  private readonly fallen: Tally;
  private readonly attributes: string;

  constructor(
    private readonly options: SplitOptions,
    private readonly tools: PolicyTools,
  ) {
    const { pools, seed, secret, max_age: maxAge } = options;
    this.shares = new Shares(pools, hashText(seed ?? tools.tenant));
    this.cookie = new SplitCookie(secret ?? tools.secret, tools.random);
    const age = maxAge === undefined ? '' : `; Max-Age=${Math.ceil(maxAge / 1000)}`;
    this.attributes = `; Path=/${age}; HttpOnly; SameSite=Lax`;
    const fields = { to: this.shares.main };
    this.fallen = new Tally(tools, 0, { level: 'warn', message: 'a share of the requests has no backend', fields });
  }

  request(request: PolicyRequest): Verdict {
    const chosen = this.chosen(request);
    if (chosen !== null) return this.send(request, chosen.pool);
    const lot = this.lotOf(request);
    if (lot.made !== null) request.responseEdits.add(this.cookieEdit(request, lot.made));
    return this.send(request, this.shares.poolOf(lot.key));
  }

  private send(request: PolicyRequest, pool: string): Verdict {
    const { main } = this.shares;
    const isMain = pool === main;
    const isThere = isMain || !this.options.fall_back ? request.usePool(pool) : request.usePool(pool, main);
    if (!isThere) throw new Error(`the tenant has no pool ${pool}`);
    if (!isMain) request.follow({ response: (answered) => this.note(answered, pool) });
    return CONTINUE;
  }

  private note({ pool: now }: PolicyRequest, pool: string): Verdict {
    if (now !== pool) this.fallen.add();
    return CONTINUE;
  }

  // Null: it does not choose.
  private chosen(request: PolicyRequest): { readonly pool: string; readonly by: string } | null {
    const { header, cookie } = this.options.override;
    const named = header === undefined ? null : request.field(header.toLowerCase());
    if (header !== undefined && this.isPool(named)) return { pool: named, by: `the field ${header}` };
    const kept = cookie === undefined ? null : cookieOf(request, cookie);
    return cookie !== undefined && this.isPool(kept) ? { pool: kept, by: `the cookie ${cookie}` } : null;
  }

  private isPool(name: string | null): name is string {
    return name !== null && Object.hasOwn(this.options.pools, name);
  }

  private lotOf(request: PolicyRequest): Lot {
    const { sticky, cookie } = this.options;
    switch (sticky.by) {
      case 'cookie':
        return this.lotOfCookie(cookieOf(request, cookie));
      case 'none':
        return { key: String(this.tools.random()), by: 'chance', made: null };
      case 'client':
        return lotOf(null, '', request);
      case 'consumer':
        return lotOf(request.consumer?.id ?? null, 'its consumer', request);
      case 'header':
        return lotOf(request.field(sticky.name), `the field ${sticky.name}`, request);
      case 'cookie_of_app':
        return lotOf(cookieOf(request, sticky.name), `the cookie ${sticky.name}`, request);
    }
  }

  private lotOfCookie(value: string | null): Lot {
    const known = value === null ? null : this.cookie.read(value);
    if (known !== null) return { key: known, by: `the cookie ${this.options.cookie}`, made: null };
    const { name, value: made } = this.cookie.make();
    return { key: name, by: 'chance, since it has no cookie of the split yet', made };
  }

  private cookieEdit(request: PolicyRequest, value: string): Edit<'response'> {
    const secure = schemeOf(request) === 'https' ? '; Secure' : '';
    return responseEdit.append('Set-Cookie', `${this.options.cookie}=${value}${this.attributes}${secure}`);
  }

  explainPool(request: PolicyRequest): ExplainedPool {
    const chosen = this.chosen(request);
    if (chosen !== null) return { pool: chosen.pool, why: `${chosen.by} chooses it` };
    const { key, by } = this.lotOf(request);
    const pool = this.shares.poolOf(key);
    return { pool, why: `drawn by ${by} to the share of ${this.shares.describe(pool)}` };
  }
}

// A request that lacks the part goes by its client.
function lotOf(part: string | null, by: string, { client }: PolicyRequest): Lot {
  if (part !== null) return { key: part, by, made: null };
  return { key: clientKey(client.address), by: 'the address of the client', made: null };
}
