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

type Known = { readonly directory: AcmeDirectory; readonly authority: AcmeAuthority };

export class Authorities {
  private readonly all: readonly Known[];
  /** Made when they are first needed: several hosts may need one at the same time. */
  private readonly accounts = new Map<Known, Promise<AcmeResult<AcmeAccount>>>();

  constructor(
    private readonly plan: AcmePlan,
    private readonly tools: AuthorityTools,
  ) {
    this.all = plan.directories.map((directory) => ({ directory, authority: tools.authority(directory) }));
  }

  async order(wanted: Wanted): Promise<AcmeResult<Given>> {
    const problems: AcmeProblem[] = [];
    for (const known of this.all) {
      if (wanted.signal.aborted) break;
      const account = await this.accountAt(known);
      // Another one may take an account where this one does not.
      if (!account.ok) {
        problems.push(account.error);
        continue;
      }
      const given = await this.orderAt(known, account.value, wanted);
      if (given.ok) return given;
      problems.push(given.error);
      if (given.error.kind !== 'other') break;
    }
    return err(together(problems));
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
  async advice(directory: string, cert: string, signal: AbortSignal): Promise<RenewalAdvice | null> {
    const known = this.all.find((one) => one.directory.url === directory);
    if (known === undefined) return null;
    return await known.authority.advice(cert, AbortSignal.any([signal, this.tools.deadline(ADVICE_TIMEOUT)]));
  }
}

// Those before the last one were of no use at all, so it decides how it goes on. The next order may ask all of them again, so it
// waits for each that has named a time.
function together(problems: readonly AcmeProblem[]): AcmeProblem {
  const times = problems.flatMap(({ notBefore }) => notBefore ?? []);
  return {
    message: problems.map(({ message }) => message).join('; '),
    kind: problems.at(-1)?.kind ?? 'other',
    notBefore: times.length === 0 ? null : Math.max(...times),
  };
}
