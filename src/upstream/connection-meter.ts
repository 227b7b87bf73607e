// Counts what becomes of one connection to a backend, and the bytes that pass.
import type { ConnectionCounts } from './contract.ts';

// What a long body brings is counted as it comes.
const TELL = 256 * 1024;

export class ConnectionMeter {
  /** It is not known yet whether it can be opened. */
  private isOpening = true;
  /** Bytes that came and are not counted yet. */
  private arrived = 0;
  /** Sent bytes that are counted. */
  private told = 0;

  constructor(private readonly counts: ConnectionCounts) {}

  opened(): void {
    this.isOpening = false;
    this.counts.opened();
  }

  /** It was refused, or is closed: unless it had been open, or was given up here, it could not be opened. */
  lost(): void {
    if (this.isOpening) this.counts.notOpened();
    this.isOpening = false;
  }

  /** The gateway closes it. */
  givenUp(): void {
    this.isOpening = false;
  }

  reused(): void {
    this.counts.reused();
  }

  /** So many bytes have come. */
  took(bytes: number): void {
    this.arrived += bytes;
    if (this.arrived >= TELL) this.tell(this.told);
  }

  /** `sent`: all bytes that have left until now. */
  tell(sent: number): void {
    if (sent > this.told || this.arrived > 0) this.counts.moved(sent - this.told, this.arrived);
    this.told = sent;
    this.arrived = 0;
  }
}
