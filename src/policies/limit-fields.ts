// How policies that limit tell clients how much is left (draft-ietf-httpapi-ratelimit-headers), and the settings for that.
import { defaulted } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, text } from '../core/settings.ts';
import { ascii } from '../message/bytes.ts';
import { type Edit, responseEdit } from '../message/edits.ts';
import type { PolicyRequest } from './contract.ts';

const name = text<string>({
  type: 'name',
  expected: 'a name of letters, digits, "-" and "_"',
  parse: (value) =>
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(value) ? ok(value) : err({ message: '{value} is not a name' }),
});

/** The settings of a limit about its fields. */
export const limitFields = {
  headers: defaulted(
    choice(['draft', 'legacy', 'both', 'none']),
    'Which fields tell clients how much is left: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), `X-RateLimit-*`, both or none. A refusal has `Retry-After` in any case.',
    { value: 'draft', reason: 'clients that know their limit keep to it.' },
  ),
  name: defaulted(name, 'What the limit is called in these fields.', {
    value: 'default',
    reason: 'most tenants have one.',
  }),
};

export type LimitFields = { readonly headers: 'draft' | 'legacy' | 'both' | 'none'; readonly name: string };

export type Limit = {
  readonly quota: number;
  /** What `X-RateLimit-Limit` says. */
  readonly most: number;
  /** The time for `quota`, in seconds; null: it has none. */
  readonly window: number | null;
};

export type LimitLeft = {
  readonly remaining: number;
  /** When all is there again, in seconds; null: nobody knows. */
  readonly reset: number | null;
};

/** What clients are told at one time. */
type Told = LimitLeft & { readonly edit: Edit<'response'> };

// Most answers have one of few values: each is made once, and made anew when another one has taken its place. A power of 2.
const MOST_TOLD = 64;

/** Tells clients of one limit. */
export class LimitTeller {
  private readonly policyEdit: Edit<'response'>;
  private readonly leftEdit: Edit<'response'>;
  /** By the last bits of what remains. */
  private readonly told: (Told | undefined)[] = [];

  constructor(
    private readonly fields: LimitFields,
    private readonly limit: Limit,
  ) {
    const { quota, window } = limit;
    const policy = `"${fields.name}";q=${quota}${window === null ? '' : `;w=${window}`}`;
    this.policyEdit = responseEdit.append('RateLimit-Policy', policy);
    this.leftEdit = responseEdit.append('RateLimit', '');
  }

  tell({ responseEdits }: PolicyRequest, { remaining, reset }: LimitLeft): void {
    const { headers } = this.fields;
    if (headers === 'draft' || headers === 'both') {
      responseEdits.add(this.policyEdit);
      responseEdits.add(this.leftAs(remaining, reset));
    }
    if (headers !== 'legacy' && headers !== 'both') return;
    responseEdits.add(responseEdit.set('X-RateLimit-Limit', String(this.limit.most)));
    responseEdits.add(responseEdit.set('X-RateLimit-Remaining', String(remaining)));
    if (reset !== null) responseEdits.add(responseEdit.set('X-RateLimit-Reset', String(reset)));
  }

  private leftAs(remaining: number, reset: number | null): Edit<'response'> {
    const at = remaining & (MOST_TOLD - 1);
    const known = this.told[at];
    if (known !== undefined && known.remaining === remaining && known.reset === reset) return known.edit;
    const time = reset === null ? '' : `;t=${reset}`;
    const edit = responseEdit.withValue(this.leftEdit, ascii(`"${this.fields.name}";r=${remaining}${time}`));
    this.told[at] = { remaining, reset, edit };
    return edit;
  }
}
