// Shows what proves a host: by the listeners of the gateway, or by a program that sets records of the DNS.
import type { KeyPair } from '../core/certificate-source.ts';
import { errorOf } from '../core/error-of.ts';
import type { Runner } from '../core/runner.ts';
import { type Millis, millis } from '../core/units.ts';
import type { AcmeDnsPlan, AcmePlan } from '../plan/tls-plan.ts';
import type { Challenge, ChallengeDesk, ChallengeType } from './contract.ts';

export type DeskTools = {
  /** What clients get that ask for a name by the protocol acme-tls/1; null: no more. */
  readonly setChallenge: (name: string, pair: KeyPair | null) => Promise<void>;
  /** What is answered to a token; null: nothing more. */
  readonly setAnswer: (token: string, text: string | null) => Promise<void>;
  readonly run: Runner;
  /** Rejects if the signal aborts it. */
  readonly rest: (time: Millis, signal: AbortSignal) => Promise<void>;
  /** A signal that aborts then. */
  readonly deadline: (time: Millis) => AbortSignal;
  /** Something could not be hidden. */
  readonly warn: (reason: string) => void;
};

type Settings = Pick<AcmePlan, 'challenges' | 'dns'>;
type DnsChallenge = Challenge & { readonly type: 'dns-01' };

// Of what a program says, that much is shown.
const MOST_OUTPUT = 300;

/** `failures`: with each the next way comes first. */
export class GatewayDesk implements ChallengeDesk {
  constructor(
    private readonly settings: Settings,
    private readonly failures: number,
    private readonly signal: AbortSignal,
    private readonly tools: DeskTools,
  ) {}

  offered(host: string): readonly ChallengeType[] {
    const { challenges, dns } = this.settings;
    const able = challenges.filter((type) => (type === 'dns-01' ? dns !== null : !host.startsWith('*.')));
    const first = able.length === 0 ? 0 : this.failures % able.length;
    return [...able.slice(first), ...able.slice(0, first)];
  }

  async show(challenge: Challenge): Promise<void> {
    const { setAnswer, setChallenge } = this.tools;
    switch (challenge.type) {
      case 'http-01':
        return await setAnswer(challenge.token, challenge.text);
      case 'tls-alpn-01':
        return await setChallenge(challenge.name, { cert: challenge.cert, key: challenge.key });
      case 'dns-01':
        return await this.showRecord(challenge);
    }
  }

  async hide(challenge: Challenge): Promise<void> {
    try {
      await this.takeBack(challenge);
    } catch (error) {
      this.tools.warn(`what proves ${challenge.name} is still shown: ${errorOf(error).message}`);
    }
  }

  private async takeBack(challenge: Challenge): Promise<void> {
    switch (challenge.type) {
      case 'http-01':
        return await this.tools.setAnswer(challenge.token, null);
      case 'tls-alpn-01':
        return await this.tools.setChallenge(challenge.name, null);
      case 'dns-01':
        return await this.runFor('clear', challenge, this.dns());
    }
  }

  private async showRecord(challenge: DnsChallenge): Promise<void> {
    const dns = this.dns();
    await this.runFor('set', challenge, dns);
    if (dns.delay > 0) await this.tools.rest(dns.delay, this.signal);
  }

  private dns(): AcmeDnsPlan {
    const { dns } = this.settings;
    if (dns === null) throw new Error('there is no program for records of the DNS');
    return dns;
  }

  private async runFor(action: 'set' | 'clear', { record, value }: DnsChallenge, dns: AcmeDnsPlan): Promise<void> {
    const words = [...dns.command, action, record, value];
    const environment = { ACME_ACTION: action, ACME_RECORD: record, ACME_VALUE: value };
    const late = this.tools.deadline(dns.timeout);
    // What has been set is cleared also where the gateway ends.
    const signal = action === 'set' ? AbortSignal.any([late, this.signal]) : late;
    const ended = await this.tools.run({ words, environment, signal });
    const name = `${dns.command[0] ?? ''} ${action} ${record}`;
    switch (ended.kind) {
      case 'exited':
        if (ended.code === 0) return;
        throw new Error(`${name} ended with ${ended.code}${said(ended.output)}`);
      case 'killed':
        throw new Error(late.aborted ? `${name} takes longer than ${millis(dns.timeout)} ms` : `${name} was ended`);
      case 'too_loud':
        throw new Error(`${name} writes too much`);
      case 'failed':
        throw new Error(`${name} cannot be run: ${ended.reason}`);
    }
  }
}

function said(output: string): string {
  const line = output.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line === '' ? '' : `: ${line.slice(0, MOST_OUTPUT)}`;
}
