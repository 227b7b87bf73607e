// Keeps everybody out for a while but those who work on the site. Operators turn it on and off while the gateway runs.
import { hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AddressVerdicts } from '../core/address-verdicts.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { count, duration, flag, setting, text } from '../core/settings.ts';
import { textFile } from '../core/text-file.ts';
import { bytes, millis } from '../core/units.ts';
import { addressRange } from './address-range.ts';
import { contradict } from './contradiction.ts';
import {
  CONTINUE,
  type EndTunnel,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type PolicySwitch,
  type Verdict,
} from './contract.ts';
import type { PolicyTools, PolicyWords } from './tools.ts';
import { acceptsType } from './error-pages/accepts.ts';
import { HTML, Page, typeOfFile } from './error-pages/page.ts';
import { compileWhen } from './when.ts';

const LARGEST_FILE = bytes(1024 * 1024);
const LONGEST_TEXT = 64 * 1024;
const SHORTEST_SECRET = 16;

const pageText = text<string>({
  type: 'text',
  expected: 'a page of at most 64 KiB',
  parse: (value) =>
    value.length > LONGEST_TEXT ? err({ message: 'is longer than 64 KiB; `file` is for such pages' }) : ok(value),
});

const pathPattern = text<string>({
  type: 'path',
  expected: 'a path such as "/health", or with an asterisk at its end such as "/status/*"',
  parse(value) {
    const isPath = /^\/[!-~]*$/.test(value) && !value.slice(0, -1).includes('*');
    return isPath ? ok(value) : err({ message: '{value} is not a path' });
  },
});

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  parse: (value) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)
      ? ok(value.toLowerCase())
      : err({ message: '{value} is not a field name' }),
});

// No plan has the secret itself, so that none can show it.
const secret = setting<string, string>({
  type: 'secret',
  expected: `a text of at least ${SHORTEST_SECRET} characters, or "sha256:" and the hash of one`,
  json: { type: 'string' },
  parse(value) {
    if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
    const [, known] = /^sha256:([0-9a-f]{64})$/i.exec(value) ?? [];
    if (known !== undefined) return ok(known.toLowerCase());
    return value.length >= SHORTEST_SECRET
      ? ok(hash('sha256', value))
      : err({ message: 'is too short to be a secret' });
  },
});

const allowed = z.strictObject({
  clients: defaulted(z.array(described(addressRange, 'An address or range.')), 'Addresses of clients.', {
    value: [],
    reason: 'nobody is there without being named.',
  }),
  header: optional(
    z.record(fieldName, secret).meta({ 'x-type': 'map of names to secrets' }),
    'A header field with a secret, by which a client shows that it belongs to those. Backends never get the field.',
  ),
});

const options = z
  .strictObject({
    active: defaulted(flag, 'Whether it is on, as long as no operator has decided (`keystone maintenance`).', {
      value: false,
      reason: 'it is there to be turned on.',
    }),
    status: defaulted(count({ min: 200, max: 599 }), 'The status of the answer.', {
      value: 503,
      reason: 'search engines come again, and caches keep nothing.',
    }),
    retry_after: defaulted(duration, 'When clients are told to come again.', {
      value: '5m',
      reason: 'short enough for people, and long enough not to be stormed.',
    }),
    drain: defaulted(flag, 'Whether WebSockets that are open are ended (1001) when it is turned on.', {
      value: false,
      reason: 'who is at work may finish.',
    }),
    inline: optional(
      pageText,
      'A page for those who accept HTML; `{status}`, `{reason}`, `{request_id}` and `{host}` are places.',
    ),
    file: optional(textFile(LARGEST_FILE), 'A file with that page, of at most 1 MiB.'),
    allow: optional(allowed, 'Who is let in all the same: whoever has one of these.'),
    except: defaulted(z.array(described(pathPattern, 'A path.')), 'Paths that everybody gets all the same.', {
      value: [],
      reason: 'the whole site is meant.',
    }),
  })
  .superRefine((given, context) => {
    if (given.inline !== undefined && given.file !== undefined)
      contradict(given, context, { at: 'file', message: 'stands beside `inline`', expected: 'one of them' });
  });

type Options = z.output<typeof options>;

export const maintenance = {
  type: 'maintenance',
  summary:
    'Keeps everybody out for a while but those who work on the site. `keystone maintenance on TENANT` turns it on without a reload; what an operator decides outlives reloads and restarts.',
  options,
  words: () => 1,
  isShared: false,
  keepsOut: true,
  // What an operator has decided stays, whatever else changes.
  countsBy: () => 'maintenance',
  identityFields: ({ allow }) => Object.keys(allow?.header ?? {}),
  create(given, { words, after }): Policy {
    const decision = new Decision(words, given.active);
    const isLetIn = exceptions(given);
    const answer = answerOf(given);
    const tunnels = given.drain ? new Tunnels(after, () => decision.isOn) : null;
    return {
      switch: decision,
      request(request) {
        if (isLetIn(request)) return CONTINUE;
        if (decision.isOn) return answer(request);
        if (tunnels !== null && request.isUpgrade) tunnels.follow(request);
        return CONTINUE;
      },
      close: () => tunnels?.rest(),
    };
  },
} as const satisfies PolicyKind<Options>;

const WORD = 0;
const ON = 1;
const OFF = 2;

/** What an operator has decided, in a word that all processes have. */
class Decision implements PolicySwitch {
  constructor(
    private readonly words: PolicyWords,
    private readonly usual: boolean,
  ) {}

  get isOn(): boolean {
    return this.decided ?? this.usual;
  }

  get decided(): boolean | null {
    const word = this.words.get(WORD);
    return word === ON ? true : word === OFF ? false : null;
  }

  turn(on: boolean | null): void {
    this.words.set(WORD, on === null ? 0 : on ? ON : OFF);
  }
}

const LOOK_EVERY = millis(1000);

/** WebSockets that are ended when the maintenance begins. Another process may turn it on, so the word is looked at while there are
 * any. */
class Tunnels {
  private readonly open = new Set<EndTunnel>();
  private cancel: (() => void) | null = null;

  constructor(
    private readonly after: PolicyTools['after'],
    private readonly isOn: () => boolean,
  ) {}

  follow(request: PolicyRequest): void {
    const end = request.follow({ end: () => void this.open.delete(end) });
    this.open.add(end);
    this.cancel ??= this.after(LOOK_EVERY, () => this.look());
  }

  private look(): void {
    this.cancel = null;
    if (this.isOn()) {
      for (const end of this.open) end();
      this.open.clear();
    }
    if (this.open.size > 0) this.cancel = this.after(LOOK_EVERY, () => this.look());
  }

  /** No more of them come. Those that are open go on. */
  rest(): void {
    this.cancel?.();
    this.cancel = null;
  }
}

function exceptions({ allow, except }: Options): (request: PolicyRequest) => boolean {
  const isExcepted = except.length === 0 ? null : compileWhen({ paths: except });
  const clients =
    allow === undefined || allow.clients.length === 0 ? null : new AddressVerdicts(allow.clients, [], false);
  const fields = Object.entries(allow?.header ?? {}).map(([name, hashed]) => ({
    name,
    hashed: Buffer.from(hashed, 'hex'),
  }));
  return (request) =>
    isExcepted?.(request) === true ||
    clients?.letsIn(request.client.address) === true ||
    fields.some(({ name, hashed }) => shows(request.field(name), hashed));
}

function shows(value: string | null, hashed: Uint8Array): boolean {
  return value !== null && timingSafeEqual(hash('sha256', Buffer.from(value, 'latin1'), 'buffer'), hashed);
}

function answerOf({ status, retry_after: after, inline, file }: Options): (request: PolicyRequest) => Verdict {
  const refused: Verdict = { kind: 'refuse', failure: failure('maintenance'), retryAfter: after };
  const source = file?.text ?? inline;
  const page = source === undefined ? null : new Page(source, (file && typeOfFile(file.path)) ?? HTML);
  if (page === null && status === 503) return () => refused;
  const fallback = page ?? new Page('The site is under maintenance.\n', 'text/plain; charset=utf-8');
  const seconds = String(Math.max(1, Math.ceil(after / 1000)));
  return (request) => {
    // Programs learn by problem details what browsers learn by the page.
    if (page !== null && status === 503 && !acceptsType(request, page.type)) return refused;
    const { type } = fallback;
    const body = fallback.bytesFor({ status, requestId: request.id, host: request.host });
    const headers = [
      ['Content-Type', type],
      ['Cache-Control', 'no-store'],
      ['Retry-After', seconds],
    ] as const;
    return { kind: 'respond', response: { status, headers, body } };
  };
}
