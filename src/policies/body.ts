// What the bodies of requests may be: how long, of which types, how slow; and whether they are read before a backend is asked.
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { type Failure, failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { setting, size, sizeOrNone } from '../core/settings.ts';
import { type Bytes, bytes, formatSize, parseSize } from '../core/units.ts';
import { responseEdit } from '../message/edits.ts';
import { BODY_LENGTH, BODY_NONE } from '../message/head.ts';
import {
  type BodyBounds,
  CONTINUE,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type Verdict,
} from './contract.ts';
import { essenceOf, mediaType } from './media-type.ts';

const LARGEST_BUFFER = bytes(16 * 1024 * 1024);
const LARGEST_RATE = bytes(1024 * 1024);

const bufferSize = setting<number | string, Bytes>({
  type: 'size or off',
  expected: `off, or a size from 1 B to ${formatSize(LARGEST_BUFFER)}`,
  json: { type: ['integer', 'string'], minimum: 1, maximum: LARGEST_BUFFER },
  parse(value) {
    if (value === 'off' || value === false) return ok(bytes(0));
    const parsed = typeof value === 'string' || typeof value === 'number' ? parseSize(value) : null;
    if (parsed === null) return err({ message: '{value} is not a size' });
    return parsed >= 1 && parsed <= LARGEST_BUFFER ? ok(parsed) : err({ message: '{value} is out of range' });
  },
});

const options = z.strictObject({
  max: defaulted(
    sizeOrNone,
    'How long a body may be, as it comes: what a coding has made small counts as small. A longer one is refused with 413: at once where its length is known, otherwise as soon as it is longer.',
    { value: '10MiB', reason: 'enough for forms and pictures; who takes videos says so.' },
  ),
  types: optional(
    z.array(described(mediaType, 'A media type, or `type/*` for a whole family.')).min(1),
    'Media types that are taken, without parameters; others are refused with 415. A body without a type is application/octet-stream. Absent: all.',
  ),
  min_rate: optional(
    size({ min: bytes(1), max: LARGEST_RATE }),
    'Bytes that a client must send in a second, on average after the first 5 s. Who sends more slowly is refused with 408. Time in which the gateway keeps the client waiting does not count. Absent: only where connections or places are scarce, as `limits.min_body_rate` says.',
  ),
  buffer: defaulted(
    bufferSize,
    'Bodies up to this size are read to their end before a backend is asked, so that a slow client takes no place there; longer ones go on as they come. `off`: all do.',
    { value: 'off', reason: 'where places are scarce, `pool.request_buffer` does so by itself.' },
  ),
});
type Options = z.output<typeof options>;

const WITHOUT_TYPE = 'application/octet-stream';
const TOO_LARGE = refusal(failure('request-body-too-large'));
const WRONG_TYPE = refusal(failure('request-type-unsupported'));

export const body = {
  type: 'body',
  summary: 'Bounds the bodies of requests: how long they are, of which types, and how slowly they come.',
  options,
  words: () => 0,
  isShared: true,
  keepsOut: true,
  create: (wanted): Policy => new Body(wanted),
} as const satisfies PolicyKind<Options>;

class Body implements Policy {
  private readonly bounds: BodyBounds;
  private readonly types: TakenTypes | null;

  constructor(private readonly wanted: Options) {
    this.bounds = { most: wanted.max, leastRate: wanted.min_rate ?? 0 };
    this.types = wanted.types === undefined ? null : new TakenTypes(wanted.types);
  }

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    const { head } = request;
    if (head.framing === BODY_NONE || (head.framing === BODY_LENGTH && head.length === 0)) return CONTINUE;
    const { types, bounds } = this;
    if (head.length > bounds.most) return TOO_LARGE;
    if (types !== null && !types.takes(request.field('content-type') ?? WITHOUT_TYPE)) {
      request.responseEdits.add(responseEdit.set('Accept', types.list));
      return WRONG_TYPE;
    }
    request.boundBody(bounds);
    const { buffer } = this.wanted;
    return buffer === 0 || head.length > buffer ? CONTINUE : request.readBody(buffer).then(goOn);
  }
}

class TakenTypes {
  /** As a field says it (RFC 9110 15.5.16). */
  readonly list: string;
  private readonly types: ReadonlySet<string>;

  constructor(types: readonly string[]) {
    this.types = new Set(types);
    this.list = types.join(', ');
  }

  takes(field: string): boolean {
    const essence = essenceOf(field);
    // Two fields are one list, of which nobody knows what counts.
    if (essence.includes(',')) return false;
    return this.types.has(essence) || this.types.has(`${essence.slice(0, essence.indexOf('/'))}/*`);
  }
}

function refusal(why: Failure): Verdict {
  return { kind: 'refuse', failure: why, retryAfter: null };
}

function goOn(): Verdict {
  return CONTINUE;
}
