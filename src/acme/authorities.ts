// The authorities of a plan, with an account at each: one after the other until one gives a certificate.
import { err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { AcmeDirectory, AcmePlan } from '../plan/tls-plan.ts';
import type {
  AcmeAccount,
  AcmeAuthority,
  AcmeProblem,
  AcmeResult,
  ChallengeDesk,
  OrderedCertificate,
  RenewalAdvice,
} from './contract.ts';
import type { KeptCertificates } from './kept-certificates.ts';

export type AuthorityTools = {
  readonly authority: (directory: AcmeDirectory) => AcmeAuthority;
  readonly kept: KeptCertificates;
  readonly deadline: (time: Millis) => AbortSignal;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
};

export type Wanted = {
  readonly host: string;
  /** The PEM of the certificate that it renews; null: none. */
  readonly replaces: string | null;
  readonly deskFor: (signal: AbortSignal) => ChallengeDesk;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
};

export type Given = OrderedCertificate & { readonly directory: string };

const ADVICE_TIMEOUT = millis(30_000);

type Known = {
  readonly directory: AcmeDirectory;
  readonly authority: AcmeAuthority;
  /** What it has said with a time before which it wants to hear nothing more: by host, or for all of them (empty). */
  readonly named: Map<string, AcmeProblem>;
};

export class Authorities {
  private readonly all: readonly Known[];
  /** Made when they are first needed: several hosts may need one at the same time. */
  private readonly accounts = new Map<Known, Promise<AcmeResult<AcmeAccount>>>();

  constructor(
    private readonly plan: AcmePlan,
    private readonly tools: AuthorityTools,
  ) {
    this.all = plan.directories.map((directory) => ({
      directory,
      authority: tools.authority(directory),
      named: new Map<string, AcmeProblem>(),
    }));
  }

  async order(wanted: Wanted): Promise<AcmeResult<Given>> {
    const problems: AcmeProblem[] = [];
    for (const known of this.all) {
      if (wanted.signal.aborted) break;
      const given = await this.tryAt(known, wanted);
      if (given.ok) return given;
      problems.push(given.error);
      if (given.error.kind === 'wait' || given.error.kind === 'refused') break;
    }
    return err(together(problems));
  }

  private async tryAt(known: Known, wanted: Wanted): Promise<AcmeResult<Given>> {
    const named = this.namedFor(known, wanted.host);
    if (named !== null) return err(named);
    const account = await this.accountAt(known);
    if (!account.ok) {
      // Another one may take an account where this one does not.
      const problem = this.all.length === 1 ? account.error : { ...account.error, kind: 'other' as const };
      heed(known, problem, '');
      return err(problem);
    }
    const given = await this.orderAt(known, account.value, wanted);
    if (!given.ok) heed(known, given.error, given.error.kind === 'other' ? '' : wanted.host);
    return given;
  }

  // What it has said last, if it wants to hear nothing more before a time that has not come. Null: it may be asked.
  private namedFor(known: Known, host: string): AcmeProblem | null {
    for (const name of ['', host]) {
      const problem = known.named.get(name);
      if (problem === undefined) continue;
      if ((problem.notBefore ?? 0) > this.tools.wall()) return problem;
      known.named.delete(name);
    }
    return null;
  }

  private async orderAt(
    known: Known,
    account: AcmeAccount,
    { host, replaces, deskFor, signal }: Wanted,
  ): Promise<AcmeResult<Given>> {
    const wait = millis(this.plan.timeout + (this.plan.dns?.delay ?? 0));
    const bounded = AbortSignal.any([signal, this.tools.deadline(wait)]);
    const { authority, directory } = known;
    const given = await authority.order({ account, names: [host], desk: deskFor(bounded), replaces, signal: bounded });
    // The authority may have forgotten the account.
    if (!given.ok && given.error.kind === 'refused') this.accounts.delete(known);
    return given.ok ? ok({ ...given.value, directory: directory.url }) : given;
  }

  private accountAt(known: Known): Promise<AcmeResult<AcmeAccount>> {
    const before = this.accounts.get(known);
    if (before !== undefined) return before;
    const made = this.makeAccount(known).then((account) => {
      if (!account.ok) this.accounts.delete(known);
      return account;
    });
    this.accounts.set(known, made);
    return made;
  }

  private async makeAccount({ directory, authority }: Known): Promise<AcmeResult<AcmeAccount>> {
    const { email, agreesToTerms, timeout } = this.plan;
    const { binding } = directory;
    const id = binding?.id ?? null;
    const kept = await this.tools.kept.account(directory.url, id);
    const options = { email, agreesToTerms, binding };
    const account = await authority.account(options, kept?.key ?? null, this.tools.deadline(timeout));
    if (account.ok && account.value.url !== kept?.url) await this.tools.kept.writeAccount(account.value, id);
    return account;
  }

  /** Null: the one that has given the certificate gives no advice, or is none of these any more. */
  async advice(directory: string, cert: string, signal: AbortSignal): Promise<AcmeResult<RenewalAdvice | null>> {
    const known = this.all.find((one) => one.directory.url === directory);
    if (known === undefined) return ok(null);
    return await known.authority.advice(cert, AbortSignal.any([signal, this.tools.deadline(ADVICE_TIMEOUT)]));
  }
}

function heed({ named }: Known, problem: AcmeProblem, host: string): void {
  if (problem.notBefore !== null) named.set(host, problem);
}

// The last one that is about the host decides how it goes on. Where each has named a time, the first of these counts: those whose time
// has not come are left out then.
function together(problems: readonly AcmeProblem[]): AcmeProblem {
  const decisive = problems.findLast(({ kind }) => kind !== 'other') ?? problems.at(-1);
  const times = problems.flatMap(({ notBefore }) => notBefore ?? []);
  const isNamed = times.length > 0 && times.length === problems.length;
  const isOver = decisive?.kind === 'wait' || decisive?.kind === 'refused';
  return {
    message: problems.map(({ message }) => message).join('; '),
    kind: decisive?.kind ?? 'other',
    notBefore: isOver ? decisive.notBefore : isNamed ? Math.min(...times) : null,
  };
}
