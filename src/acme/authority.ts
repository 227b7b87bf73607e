// One ACME server (RFC 8555).
import { ok } from '../core/result.ts';
import type {
  AccountOptions,
  AcmeAccount,
  AcmeAuthority,
  AcmeResult,
  OrderedCertificate,
  RenewalAdvice,
} from './contract.ts';
import { Signer, newKey } from './jws.ts';
import { Order } from './order.ts';
import { refused, unusable } from './problem.ts';
import { readAdvice, renewalId } from './renewal-info.ts';
import { Session, type SessionTools } from './session.ts';

export class Authority implements AcmeAuthority {
  private readonly session: Session;

  /** `url`: of its directory. */
  constructor(
    url: string,
    private readonly tools: SessionTools,
  ) {
    this.session = new Session(url, tools);
  }

  async account(options: AccountOptions, key: string | null, signal: AbortSignal): Promise<AcmeResult<AcmeAccount>> {
    const { session } = this;
    const directory = await session.open(signal);
    if (!directory.ok) return directory;
    const { newAccount, meta } = directory.value;
    const { email, agreesToTerms, binding } = options;
    if (meta.termsOfService !== undefined && !agreesToTerms)
      return refused(`${session.name} wants its terms to be agreed to: ${meta.termsOfService}`);
    if (meta.externalAccountRequired === true && binding === null)
      return refused(`${session.name} takes only accounts that are bound to another one (external account binding)`);
    const pem = key ?? newKey();
    const signer = new Signer(pem);
    const payload = {
      ...(email === null ? {} : { contact: [`mailto:${email}`] }),
      ...(agreesToTerms ? { termsOfServiceAgreed: true } : {}),
      ...(binding === null ? {} : { externalAccountBinding: signer.binding(newAccount, binding.id, binding.key) }),
    };
    const answer = await session.post(newAccount, { signer, account: null }, payload, signal);
    if (!answer.ok) return answer;
    const { place } = answer.value;
    return place === ''
      ? unusable(`${session.name} does not say by what it knows the account`)
      : ok({ directory: session.url, key: pem, url: place });
  }

  order({
    account,
    names,
    desk,
    replaces,
    signal,
  }: Parameters<AcmeAuthority['order']>[0]): Promise<AcmeResult<OrderedCertificate>> {
    const signing = { signer: new Signer(account.key), account: account.url };
    const old = replaces === null ? null : renewalId(replaces);
    return new Order(this.session, { signing, names, desk, replaces: old, signal }, this.tools).run();
  }

  async advice(cert: string, signal: AbortSignal): Promise<AcmeResult<RenewalAdvice | null>> {
    const directory = await this.session.open(signal);
    if (!directory.ok) return directory;
    const id = renewalId(cert);
    if (directory.value.renewalInfo === undefined || id === null) return ok(null);
    const answer = await this.session.get(`${directory.value.renewalInfo}/${id}`, signal);
    if (!answer.ok) return answer;
    const { body, notBefore } = answer.value;
    const advice = readAdvice(body, notBefore, this.tools.wall());
    return advice === null
      ? unusable(`${this.session.name} advises nothing that could be followed`, notBefore)
      : ok(advice);
  }
}
