// Lets in who knows a name and its password (RFC 7617).
import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { BoundedMap } from '../../core/bounded-map.ts';
import { clientKey } from '../../core/cidr.ts';
import { defaulted, described, optional } from '../../core/described.ts';
import { hashText } from '../../core/hash.ts';
import { type Result, err } from '../../core/result.ts';
import { SECRET, choice, count, durationOrZero, flag, text } from '../../core/settings.ts';
import { textFile } from '../../core/text-file.ts';
import { type Millis, bytes, millis } from '../../core/units.ts';
import type { Edit } from '../../message/edits.ts';
import {
  CONTINUE,
  type Consumer,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { ATTEMPT_WORDS, AttemptLimit } from './attempt-limit.ts';
import { type BasicCredentials, parseBasic } from './basic-credentials.ts';
import { CredentialPlaces } from './credential-places.ts';
import { type KnownUser, parsePasswordFile, parsePasswordHash, parseUserName, twice } from './password-list.ts';
import { challenge, quoted, refusal } from './refusals.ts';
import { addAll, guarded, toldField, toldHeaders } from './told-fields.ts';
import { Turns } from './turns.ts';

const LARGEST_FILE = bytes(1024 * 1024);
/** A verification takes some 50 ms: who waits behind so many others would wait a second. */
const MOST_WAITING = 16;
const MOST_REMEMBERED = 4096;
const SOON = millis(1000);
const PLACES = new CredentialPlaces([{ kind: 'header', name: 'authorization', scheme: 'basic' }]);

const userName = text<string>({
  type: 'name',
  expected: 'a name without a colon',
  parse: (value) => refused(parseUserName(value)),
});
const passwordHash = text<string>({
  type: 'hash',
  expected: 'a hash of bcrypt or argon2, such as "htpasswd -nB NAME" makes',
  parse: (value) => refused(parsePasswordHash(value)),
});

function refused<T>(parsed: Result<T, string>) {
  return parsed.ok ? parsed : err({ message: parsed.error });
}

const user = z.strictObject({
  name: described(userName, 'The name.'),
  hash: described(passwordHash.meta(SECRET), 'The hash of the password, of bcrypt or argon2.'),
});

const basicOptions = z
  .strictObject({
    realm: defaulted(
      text<string>({ type: 'text', expected: 'a text', parse: (value) => refused(parseRealm(value)) }),
      'What browsers show when they ask for the password.',
      { value: 'restricted', reason: 'the name of the place is for whoever runs it to tell.' },
    ),
    users: defaulted(z.array(described(user, 'A user.')), 'Who is let in.', {
      value: [],
      reason: 'they may all be in `users_file`.',
    }),
    users_file: optional(
      textFile(LARGEST_FILE, (content) => problemIn(parsePasswordFile(content))),
      'A file of htpasswd with more users. It is read anew with every reload. Hashes of bcrypt and argon2 are taken, those of apr1, SHA1 and crypt are not.',
    ),
    forward: defaulted(
      z.strictObject({
        credentials: defaulted(flag, 'Backends get the password, too.', {
          value: false,
          reason: 'what a backend does not need it cannot lose.',
        }),
        headers: toldHeaders(choice(['name']), 'Fields by which backends are told who it is.', {
          value: { 'X-User': 'name' },
          reason: 'most backends want to know.',
        }),
      }),
      'What backends get of it.',
      { value: {}, reason: 'as each of them says.' },
    ),
    cache: defaulted(durationOrZero, 'So long a password that was right is not verified again; 0: it always is.', {
      value: '5m',
      reason: 'a verification takes a core for some 50 ms, and browsers send the password with every request.',
    }),
    verify_at_once: defaulted(
      count({ min: 1, max: 64 }),
      'So many passwords are verified at a time, by each process.',
      {
        value: 2,
        reason: 'guessing must not take all cores from the other tenants.',
      },
    ),
    failures_per_minute: defaulted(
      count({ min: 1, max: 600 }),
      'So often a client may give a wrong password; then it gets 429 for a while. Passwords that are remembered still work.',
      { value: 10, reason: 'enough for people who mistype, and too few for guessing.' },
    ),
  })
  .superRefine(({ users, users_file }, context) => {
    const none =
      users.length === 0 && users_file === undefined ? 'has neither users nor users_file: nobody could come in' : null;
    const message = none ?? twice(users);
    if (message !== null) context.issues.push({ code: 'custom', input: users, params: { message } });
  });

type Options = z.output<typeof basicOptions>;

function parseRealm(value: string): Result<string, string> {
  return /^[\x20-\x7e]{1,128}$/.test(value) ? { ok: true, value } : err('{value} has not 1 to 128 plain characters');
}

function problemIn(parsed: ReturnType<typeof parsePasswordFile>): string | null {
  return parsed.ok ? null : parsed.error;
}

export const basicAuth = {
  type: 'basic_auth',
  summary:
    'Lets in who knows a name and its password. The configuration has hashes alone, which `htpasswd -nB NAME` makes. Passwords that were right are remembered for a while; guessing is slowed down for each client, and as a whole.',
  options: basicOptions,
  words: () => ATTEMPT_WORDS,
  isShared: false,
  keepsOut: true,
  // Failures stay counted when users change.
  countsBy: ({ failures_per_minute }) => failures_per_minute,
  identityFields: ({ forward }) => guarded(Object.keys(forward.headers)),
  create: (wanted, tools): Policy => new BasicAuth(wanted, tools),
} as const satisfies PolicyKind<Options>;

/** One user, with what follows from it. */
type Ready = KnownUser & { readonly consumer: Consumer; readonly edits: readonly Edit<'request'>[] };

type Verified = 'right' | 'wrong' | 'busy';

class BasicAuth implements Policy {
  private readonly users: ReadonlyMap<string, Ready>;
  private readonly list: readonly Ready[];
  private readonly offer: string;
  private readonly turns: Turns;
  private readonly attempts: AttemptLimit;
  /** Until when credentials need not be verified again, by what `stampOf` makes of them. */
  private readonly remembered = new BoundedMap<string, Millis>(MOST_REMEMBERED);
  /** A browser sends several requests at once. */
  private readonly underway = new Map<string, Promise<Verified>>();
  /** What is remembered is of use in this process alone. */
  private readonly secret = randomBytes(32);

  constructor(
    private readonly options: Options,
    private readonly tools: Pick<PolicyTools, 'words' | 'now' | 'random'>,
  ) {
    const file = parsePasswordFile(options.users_file?.text ?? '');
    if (!file.ok) throw new Error(`${options.users_file?.path ?? ''}: ${file.error}`);
    this.list = [...file.value, ...options.users].map((one) => readyUser(one, options));
    this.users = new Map(this.list.map((one) => [one.name, one]));
    this.offer = `Basic realm=${quoted(options.realm)}, charset="UTF-8"`;
    this.turns = new Turns(options.verify_at_once, MOST_WAITING);
    this.attempts = new AttemptLimit(options.failures_per_minute, tools);
  }

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const shown = PLACES.credentialsIn(request);
    const [first] = shown;
    if (first === undefined) return this.refuse(request, 'The request has no password.');
    const credentials = shown.length > 1 ? null : parseBasic(first);
    if (credentials === null) return this.refuse(request, 'The password is not sent as it should be.');
    const known = this.users.get(credentials.name);
    const stamp = this.stampOf(credentials, known);
    const until = this.remembered.get(stamp);
    if (known !== undefined && until !== undefined && until > this.tools.now()) return this.letIn(request, known);
    return this.verify(request, credentials, known, stamp);
  }

  private async verify(
    request: PolicyRequest,
    credentials: BasicCredentials,
    known: Ready | undefined,
    stamp: string,
  ): Promise<Verdict> {
    const key = clientKey(request.client.address);
    let verified = this.underway.get(stamp);
    if (verified === undefined) {
      const wait = this.attempts.charge(key);
      if (wait !== null) return refusal('rate-limited', 'Too many passwords were wrong.', wait);
      verified = this.weigh(credentials, known, stamp).finally(() => this.underway.delete(stamp));
      this.underway.set(stamp, verified);
      if ((await verified) !== 'wrong') this.attempts.giveBack(key);
    }
    switch (await verified) {
      case 'busy':
        return refusal('rate-limited', 'Too many passwords are being verified.', SOON);
      case 'wrong':
        return this.refuse(request, 'The name or the password is wrong.');
      case 'right':
        return known === undefined
          ? this.refuse(request, 'The name or the password is wrong.')
          : this.letIn(request, known);
    }
  }

  // For a name that nobody has, another one's hash is verified: how long it takes must not tell which names there are.
  private async weigh(
    { name, password }: BasicCredentials,
    known: Ready | undefined,
    stamp: string,
  ): Promise<Verified> {
    const hash = (known ?? this.list[hashText(name) % this.list.length])?.hash;
    const isRight = await this.turns.run(async () => hash !== undefined && (await isPasswordOf(password, hash)));
    if (isRight === null) return 'busy';
    if (!isRight || known === undefined) return 'wrong';
    if (this.options.cache > 0) this.remembered.set(stamp, millis(this.tools.now() + this.options.cache));
    return 'right';
  }

  private letIn(request: PolicyRequest, { consumer, edits }: Ready): Verdict {
    request.consumer = consumer;
    if (!this.options.forward.credentials) PLACES.withhold(request);
    addAll(request, edits);
    return CONTINUE;
  }

  private refuse(request: PolicyRequest, detail: string): Verdict {
    return challenge(request, this.offer, 'unauthenticated', detail);
  }

  // No password is kept, nor what it could be guessed from without the secret.
  private stampOf({ name, password }: BasicCredentials, known: Ready | undefined): string {
    return createHmac('sha256', this.secret)
      .update(JSON.stringify([name, password, known?.hash ?? null]))
      .digest('base64');
  }
}

function readyUser({ name, hash }: KnownUser, { forward }: Options): Ready {
  const edits = Object.keys(forward.headers).flatMap((field) => toldField(field, name) ?? []);
  return { name, hash, consumer: { id: name, groups: [], claims: {} }, edits };
}

// A hash that cannot be verified lets nobody in.
async function isPasswordOf(password: string, hash: string): Promise<boolean> {
  try {
    return await Bun.password.verify(password, hash);
  } catch {
    return false;
  }
}
