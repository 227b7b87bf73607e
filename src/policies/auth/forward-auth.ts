// Has a server of its own decide about requests, such as one with a page for logins.
import { hash } from 'node:crypto';
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Millis, millis } from '../../core/units.ts';
import { type Edit, requestEdit, responseEdit, whyNoEdit } from '../../message/edits.ts';
import type { AskedResponse, PolicyTools } from '../tools.ts';
import {
  CONTINUE,
  type Consumer,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from '../contract.ts';
import { type ForwardAuthOptions, forwardAuthOptions } from './forward-auth-options.ts';
import { passedAnswer, valuesOf } from './passed-answer.ts';
import { cacheKey, questionFields } from './question.ts';
import { refusal, unavailable } from './refusals.ts';
import { addAll, guarded } from './told-fields.ts';

const LARGEST_ANSWER = 64 * 1024;
const MOST_REMEMBERED = 10_000;
const SOON = millis(1000);

export const forwardAuth = {
  type: 'forward_auth',
  summary:
    'Asks a server of its own about every request. With an answer of 2xx the request goes on; one of 3xx or 4xx goes to the client as it is. Where the server cannot be asked, or fails, the answer is 503 and no backend gets the request.',
  options: forwardAuthOptions,
  words: () => 0,
  isShared: false,
  keepsOut: true,
  identityFields: ({ copy_headers: copied, consumer, groups }) =>
    guarded([...copied, ...(consumer === undefined ? [] : [consumer]), ...(groups === undefined ? [] : [groups])]),
  create: (options, tools): Policy => new ForwardAuth(options, tools),
} as const satisfies PolicyKind<ForwardAuthOptions>;

/** What follows for a request that was let in. */
type LetIn = {
  readonly consumer: Consumer | null;
  readonly edits: readonly Edit<'request'>[];
  readonly cookies: readonly Edit<'response'>[];
};

type Remembered = { readonly letIn: LetIn; readonly until: Millis };

class ForwardAuth implements Policy {
  private readonly remembered = new BoundedMap<string, Remembered>(MOST_REMEMBERED);

  constructor(
    private readonly options: ForwardAuthOptions,
    private readonly tools: Pick<PolicyTools, 'ask' | 'now'>,
  ) {}

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const fields = questionFields(request, this.options);
    const shown = cacheKey(request, fields, this.options);
    // No credential is kept.
    const key = shown === null ? null : hash('sha256', shown, 'base64');
    const known = key === null ? undefined : this.remembered.get(key);
    if (known !== undefined && known.until > this.tools.now()) return apply(request, known.letIn);
    return this.ask(request, fields, key);
  }

  private async ask(request: PolicyRequest, headers: AskedResponse['headers'], key: string | null): Promise<Verdict> {
    const { url, method, timeout } = this.options;
    const gone = new AbortController();
    request.follow({ end: () => gone.abort() });
    const body = await this.bodyFor(request);
    if (body === 'too_large') return refusal('request-body-too-large');
    const asked = { method, url, headers, body, timeout, largest: LARGEST_ANSWER, signal: gone.signal };
    const answer = await this.tools.ask(asked);
    if (!answer.ok) return unavailable(`the server that decides about requests: ${answer.error}`, SOON);
    return this.follow(request, answer.value, key);
  }

  private async bodyFor(request: PolicyRequest): Promise<Uint8Array | null | 'too_large'> {
    const { body: limit } = this.options;
    if (limit === undefined) return null;
    const read = await request.readBody(limit);
    return read.kind === 'whole' ? read.bytes : 'too_large';
  }

  private follow(request: PolicyRequest, answer: AskedResponse, key: string | null): Verdict {
    const { status } = answer;
    if (status >= 200 && status < 300) {
      const letIn = this.letIn(answer);
      if (letIn === null)
        return unavailable('the server that decides about requests has sent a field that cannot go on', SOON);
      if (key !== null && letIn.cookies.length === 0)
        this.remembered.set(key, { letIn, until: millis(this.tools.now() + this.options.cache.for) });
      return apply(request, letIn);
    }
    const passed = passedAnswer(answer);
    if (passed === null) return unavailable(`the server that decides about requests has answered ${status}`, SOON);
    return { kind: 'respond', response: passed };
  }

  // Null: it says something that no backend can be told. To leave it out would be to say something else.
  private letIn({ headers }: AskedResponse): LetIn | null {
    const { copy_headers: copied, consumer, groups, copy_cookies: copiesCookies } = this.options;
    const edits: Edit<'request'>[] = [];
    for (const name of copied) {
      const values = valuesOf(headers, name.toLowerCase()).filter((value) => value !== '');
      if (values.length === 0) continue;
      if (whyNoEdit('request', name, values.join(', ')) !== null) return null;
      edits.push(requestEdit.set(name, values.join(', ')));
    }
    const cookies = copiesCookies ? valuesOf(headers, 'set-cookie') : [];
    if (cookies.some((cookie) => whyNoEdit('response', 'Set-Cookie', cookie) !== null)) return null;
    const named = consumer === undefined ? [] : valuesOf(headers, consumer.toLowerCase());
    const members = groups === undefined ? [] : valuesOf(headers, groups.toLowerCase());
    return {
      consumer: named.length === 0 ? null : { id: named.join(', '), groups: listOf(members), claims: {} },
      edits,
      cookies: cookies.map((cookie) => responseEdit.append('Set-Cookie', cookie)),
    };
  }
}

function apply(request: PolicyRequest, { consumer, edits, cookies }: LetIn): Verdict {
  if (consumer !== null) request.consumer = consumer;
  addAll(request, edits);
  for (const cookie of cookies) request.responseEdits.add(cookie);
  return CONTINUE;
}

function listOf(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(',')).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}
