// Lets in who shows a key that is known here.
import { hash } from 'node:crypto';
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { type Result, err } from '../../core/result.ts';
import { SECRET, choice, flag, text } from '../../core/settings.ts';
import { textFile } from '../../core/text-file.ts';
import { bytes } from '../../core/units.ts';
import type { Edit } from '../../message/edits.ts';
import { CONTINUE, type Consumer, type Policy, type PolicyKind, type Verdict } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { CredentialPlaces, credentialPlace } from './credential-places.ts';
import { type KnownKey, parseGroup, parseId, parseInstant, parseKeyFile, parseKeyHash, problemOf } from './key-list.ts';
import { challenge, refusal } from './refusals.ts';
import { addAll, guarded, toldField, toldHeaders } from './told-fields.ts';

/** Room for some 50,000 keys. */
const LARGEST_FILE = bytes(8 * 1024 * 1024);
/** Longer ones are not looked at. */
const LONGEST_KEY = 1024;

const id = text<string>({ type: 'name', expected: 'a name such as shop-app', parse: asSetting(parseId) });
const group = text<string>({ type: 'name', expected: 'a name such as readers', parse: asSetting(parseGroup) });
const keyHash = text<string>({ type: 'hash', expected: '"sha256:…"', parse: asSetting(parseKeyHash) });
const instant = text<number>({
  type: 'time',
  expected: 'a day or a time such as 2027-01-31',
  parse: asSetting(parseInstant),
});

function asSetting<T>(parse: (value: string) => Result<T, string>) {
  return (value: string) => {
    const parsed = parse(value);
    return parsed.ok ? parsed : err({ message: parsed.error });
  };
}

const key = z.strictObject({
  id: described(id, 'Who has the key: the name of the consumer.'),
  hash: described(
    keyHash.meta(SECRET),
    'SHA-256 of the key. `keystone key create` makes a key, and prints this line for it.',
  ),
  groups: defaulted(z.array(described(group, 'A group.')), 'Groups that the consumer is in.', {
    value: [],
    reason: 'groups are for those who tell consumers apart.',
  }),
  expires: optional(instant, 'From then on the key is refused with 403.'),
});

const keyOptions = z
  .strictObject({
    keys: defaulted(z.array(described(key, 'A key.')), 'The keys that are known.', {
      value: [],
      reason: 'they may all be in `keys_file`.',
    }),
    keys_file: optional(
      textFile(LARGEST_FILE, (content) => problemIn(parseKeyFile(content))),
      'A file with more keys: in each line an id and a hash, and if need be `groups=a,b` and `expires=2027-01-31`. It is read anew with every reload.',
    ),
    from: defaulted(z.array(described(credentialPlace, 'A place.')).min(1), 'Where a request has its key.', {
      value: ['header:X-Api-Key'],
      reason: 'a header field is neither logged nor kept by caches and browsers, as a query is.',
    }),
    forward: defaulted(
      z.strictObject({
        key: defaulted(flag, 'Backends get the key, too.', {
          value: false,
          reason: 'what a backend does not need it cannot lose.',
        }),
        headers: toldHeaders(choice(['id', 'groups']), 'Fields by which backends are told who it is.', {
          value: { 'X-Consumer': 'id' },
          reason: 'most backends want to know.',
        }),
      }),
      'What backends get of it.',
      { value: {}, reason: 'as each of them says.' },
    ),
  })
  .superRefine(({ keys, keys_file }, context) => {
    const none =
      keys.length === 0 && keys_file === undefined ? 'has neither keys nor keys_file: nobody could come in' : null;
    const message = none ?? problemOf(keys.map(knownKey));
    if (message !== null) context.issues.push({ code: 'custom', input: keys, params: { message } });
  });

type Options = z.output<typeof keyOptions>;

function problemIn(parsed: ReturnType<typeof parseKeyFile>): string | null {
  return parsed.ok ? null : parsed.error;
}

export const apiKey = {
  type: 'api_key',
  summary:
    'Lets in who shows a key. The configuration has hashes of keys alone; `keystone key create` makes a key. Without a key or with one that is unknown: 401; with one that has expired: 403.',
  options: keyOptions,
  words: () => 0,
  isShared: false,
  keepsOut: true,
  identityFields: ({ forward }) => guarded(Object.keys(forward.headers)),
  create: (wanted, tools): Policy => new ApiKeys(wanted, tools),
} as const satisfies PolicyKind<Options>;

/** One key, with what follows from it. */
type Ready = {
  readonly consumer: Consumer;
  readonly expires: number | null;
  readonly edits: readonly Edit<'request'>[];
};

class ApiKeys implements Policy {
  private readonly known: ReadonlyMap<string, Ready>;
  private readonly places: CredentialPlaces;

  constructor(
    private readonly options: Options,
    private readonly tools: Pick<PolicyTools, 'wallTime'>,
  ) {
    this.places = new CredentialPlaces(options.from);
    const listed = options.keys.map(knownKey);
    const file = parseKeyFile(options.keys_file?.text ?? '');
    if (!file.ok) throw new Error(`${options.keys_file?.path ?? ''}: ${file.error}`);
    this.known = new Map([...file.value, ...listed].map((one) => [one.hash, readyKey(one, options)]));
  }

  request(request: Parameters<NonNullable<Policy['request']>>[0]): Verdict {
    const shown = this.places.credentialsIn(request);
    const [first] = shown;
    if (first === undefined) return challenge(request, 'ApiKey', 'unauthenticated', 'The request has no key.');
    if (shown.length > 1) return refusal('request-invalid', 'The request has several keys.');
    const found = first.length > LONGEST_KEY ? undefined : this.known.get(hash('sha256', first, 'hex'));
    if (found === undefined) return challenge(request, 'ApiKey', 'unauthenticated', 'The key is not known here.');
    if (found.expires !== null && found.expires <= this.tools.wallTime())
      return refusal('forbidden', 'The key has expired.');
    request.consumer = found.consumer;
    if (!this.options.forward.key) this.places.withhold(request);
    addAll(request, found.edits);
    return CONTINUE;
  }
}

function knownKey({ id: owner, hash: shown, groups, expires }: Options['keys'][number]): KnownKey {
  return { id: owner, hash: shown, groups, expires: expires ?? null };
}

function readyKey({ id: owner, groups, expires }: KnownKey, { forward }: Options): Ready {
  const says = { id: owner, groups: groups.join(',') };
  const edits = Object.entries(forward.headers).flatMap(([name, what]) => toldField(name, says[what]) ?? []);
  return { consumer: { id: owner, groups, claims: {} }, expires, edits };
}
