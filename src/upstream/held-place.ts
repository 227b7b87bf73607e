// The place that an exchange holds at its backend, until it leaves or becomes a stream, which holds none.
import type { TransportTarget } from './contract.ts';

export class HeldPlace {
  /** See `TransportTarget.takeTrial`. */
  private trial = 0;
  private isStream = false;
  private isTunnel = false;

  constructor(
    private readonly target: Pick<
      TransportTarget,
      'takeTrial' | 'released' | 'streamBegan' | 'streamEnded' | 'tunnelBegan' | 'tunnelEnded'
    >,
  ) {}

  /** The backend counts the exchange. */
  take(): void {
    this.trial = this.target.takeTrial();
  }

  /** It brings an answer that goes on and on. */
  becomeStream(): void {
    if (!this.isStream) this.isStream = this.target.streamBegan();
  }

  becomeTunnel(): void {
    this.isTunnel = true;
    this.target.tunnelBegan();
    this.becomeStream();
  }

  /** The exchange has left the backend. */
  leave(): void {
    const { target, trial, isStream } = this;
    if (this.isTunnel) target.tunnelEnded();
    this.trial = 0;
    this.isStream = false;
    this.isTunnel = false;
    if (isStream) target.streamEnded(trial);
    else target.released(trial);
  }
}
