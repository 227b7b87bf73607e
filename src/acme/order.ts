// One order of a certificate, from its names to the PEM text (RFC 8555 7.4 and 7.5).
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { errorOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type {
  AcmeProblem,
  AcmeResult,
  Challenge,
  ChallengeDesk,
  ChallengeType,
  OrderedCertificate,
} from './contract.ts';
import { newKey } from './jws.ts';
import { notYet, problemOf, readProblem, refused, unusable } from './problem.ts';
import { certificateRequest, challengeCertificate } from './requested-certificate.ts';
import { dnsRecord } from './dns-record.ts';
import type { Answer, Session, SessionTools, Signing } from './session.ts';

const url = z.string().regex(/^https?:\/\//);
const orderDocument = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(url).max(100).default([]),
  finalize: url,
  certificate: url.optional(),
  error: z.unknown().optional(),
});
const challengeDocument = z.object({
  type: z.string(),
  url,
  status: z.string(),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/)
    .optional(),
  error: z.unknown().optional(),
});
const authorizationDocument = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ type: z.literal('dns'), value: z.string() }),
  wildcard: z.boolean().default(false),
  challenges: z.array(challengeDocument).default([]),
});

type OrderDocument = z.output<typeof orderDocument>;
type Authorization = z.output<typeof authorizationDocument>;
type Offered = Authorization['challenges'][number];

// Authorities that do not say when to ask again.
const FIRST_LOOK = millis(250);
const LONGEST_LOOK = millis(10_000);

export type OrderTools = Pick<SessionTools, 'wall' | 'rest'>;

/** What an order goes by. */
export type OrderRequest = {
  readonly signing: Signing & { readonly account: string };
  readonly names: readonly string[];
  readonly desk: ChallengeDesk;
  /** Of the certificate that it renews; null: none. */
  readonly replaces: string | null;
  readonly signal: AbortSignal;
};

export class Order {
  constructor(
    private readonly session: Session,
    private readonly request: OrderRequest,
    private readonly tools: OrderTools,
  ) {}

  async run(): Promise<AcmeResult<OrderedCertificate>> {
    const made = await this.create();
    if (!made.ok) return made;
    const { place, document } = made.value;
    for (const authorization of document.authorizations) {
      const proved = await this.prove(authorization);
      if (!proved.ok) return proved;
    }
    const ready = await this.until(place, ({ status }) => status !== 'pending');
    if (!ready.ok) return ready;
    const key = newKey();
    const csr = certificateRequest(this.request.names, createPrivateKey(key)).toString('base64url');
    const finalized = await this.post(ready.value.finalize, { csr });
    if (!finalized.ok) return finalized;
    const done = await this.until(place, ({ status }) => status === 'valid');
    if (!done.ok) return done;
    if (done.value.certificate === undefined) return this.nonsense();
    const issued = await this.post(done.value.certificate, null);
    return issued.ok ? this.checked(issued.value.text, key) : issued;
  }

  private async create(): Promise<AcmeResult<{ readonly place: string; readonly document: OrderDocument }>> {
    const { names, replaces, signal } = this.request;
    const directory = await this.session.open(signal);
    if (!directory.ok) return directory;
    const { newOrder, renewalInfo } = directory.value;
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    const known = replaces === null || renewalInfo === undefined ? {} : { replaces };
    const first = await this.post(newOrder, { identifiers, ...known });
    // An authority that does not know the old certificate, or has replaced it already, gives a new one all the same.
    const isAboutOld =
      !first.ok && 'replaces' in known && (first.error.kind === 'refused' || first.error.kind === 'wait');
    const answer = isAboutOld ? await this.post(newOrder, { identifiers }) : first;
    if (!answer.ok) return answer;
    const read = orderDocument.safeParse(answer.value.body);
    return read.success && answer.value.place !== ''
      ? ok({ place: answer.value.place, document: read.data })
      : this.nonsense();
  }

  private async prove(place: string): Promise<Result<null, AcmeProblem>> {
    const read = await this.authorization(place);
    if (!read.ok) return read;
    const { status, identifier, wildcard, challenges } = read.value;
    if (status === 'valid') return ok(null);
    const name = wildcard ? `*.${identifier.value}` : identifier.value;
    const chosen = this.choose(name, challenges);
    if (!chosen.ok) return chosen;
    const { desk, signal } = this.request;
    const challenge = this.challengeFor(identifier.value, chosen.value.type, chosen.value.token);
    try {
      await desk.show(challenge);
      if (signal.aborted) return this.late();
      const told = await this.post(chosen.value.url, {});
      return told.ok ? await this.untilProved(place, name) : told;
    } catch (error) {
      return notYet(`${name} cannot be proved: ${errorOf(error).message}`);
    } finally {
      await desk.hide(challenge);
    }
  }

  private choose(
    name: string,
    offered: readonly Offered[],
  ): AcmeResult<{ readonly type: ChallengeType; readonly url: string; readonly token: string }> {
    const able = this.request.desk.offered(name);
    for (const type of able) {
      const found = offered.find((one) => one.type === type && one.token !== undefined);
      if (found?.token !== undefined) return ok({ type, url: found.url, token: found.token });
    }
    const [wanted, can] = [offered.map(({ type }) => type), able].map((list) =>
      list.length === 0 ? 'nothing' : list.join(', '),
    );
    return refused(`${this.session.name} wants ${name} to be proved by ${wanted}, and what can be shown is ${can}`);
  }

  private challengeFor(name: string, type: ChallengeType, token: string): Challenge {
    const text = this.request.signing.signer.authorize(token);
    if (type === 'http-01') return { type, name, token, text };
    if (type === 'dns-01') return { type, name, ...dnsRecord(name, text) };
    const key = newKey();
    return { type, name, cert: challengeCertificate(name, text, createPrivateKey(key), this.tools.wall()), key };
  }

  private async untilProved(place: string, name: string): Promise<Result<null, AcmeProblem>> {
    for (let look = FIRST_LOOK; ; look = millis(Math.min(LONGEST_LOOK, look * 2))) {
      const read = await this.authorization(place);
      if (!read.ok) return read;
      const { status, challenges } = read.value;
      if (status === 'valid') return ok(null);
      if (status !== 'pending') return this.unproved(name, challenges);
      if (!(await this.rest(look))) return this.late();
    }
  }

  private unproved(name: string, challenges: readonly Offered[]): Result<never, AcmeProblem> {
    for (const { error } of challenges) {
      const document = readProblem(error);
      if (document !== null) return err(problemOf(document, `${this.session.name}, of ${name},`, null));
    }
    return notYet(`${this.session.name} has not found ${name} proved, and does not say why`);
  }

  private async authorization(place: string): Promise<AcmeResult<Authorization>> {
    const answer = await this.post(place, null);
    if (!answer.ok) return answer;
    const read = authorizationDocument.safeParse(answer.value.body);
    return read.success ? ok(read.data) : this.nonsense();
  }

  private async until(place: string, isEnough: (order: OrderDocument) => boolean): Promise<AcmeResult<OrderDocument>> {
    for (let look = FIRST_LOOK; ; look = millis(Math.min(LONGEST_LOOK, look * 2))) {
      const answer = await this.post(place, null);
      if (!answer.ok) return answer;
      const read = orderDocument.safeParse(answer.value.body);
      if (!read.success) return this.nonsense();
      if (read.data.status === 'invalid') return this.failed(read.data);
      if (isEnough(read.data)) return ok(read.data);
      const { notBefore } = answer.value;
      const wait = notBefore === null ? look : millis(Math.max(FIRST_LOOK, notBefore - this.tools.wall()));
      if (!(await this.rest(wait))) return this.late();
    }
  }

  private failed({ error }: OrderDocument): Result<never, AcmeProblem> {
    const document = readProblem(error);
    if (document !== null) return err(problemOf(document, this.session.name, null));
    return notYet(`${this.session.name} has ended the order without saying why`);
  }

  private post(place: string, payload: object | null): Promise<AcmeResult<Answer>> {
    return this.session.post(place, this.request.signing, payload, this.request.signal);
  }

  // False: the time for the order is over.
  private async rest(time: Millis): Promise<boolean> {
    try {
      await this.tools.rest(time, this.request.signal);
      return true;
    } catch {
      return false;
    }
  }

  private checked(cert: string, key: string): AcmeResult<OrderedCertificate> {
    try {
      const parsed = new X509Certificate(cert);
      const missing = this.request.names.filter((name) => !hasName(parsed, name));
      if (!parsed.checkPrivateKey(createPrivateKey(key)))
        return unusable(`${this.session.name} has sent the certificate of another key`);
      return missing.length === 0
        ? ok({ cert, key })
        : unusable(`the certificate of ${this.session.name} is not for ${missing.join(', ')}`);
    } catch {
      return unusable(`${this.session.name} has sent something else than a certificate`);
    }
  }

  private nonsense(): Result<never, AcmeProblem> {
    return unusable(`${this.session.name} answers what no ACME server does`);
  }

  private late(): Result<never, AcmeProblem> {
    return unusable(`${this.session.name} takes too long`);
  }
}

function hasName({ subjectAltName = '' }: X509Certificate, name: string): boolean {
  return subjectAltName.split(', ').includes(`DNS:${name}`);
}
