// The host that a connection was asked for last, so that whoever has looked at it need not look again.
import { EMPTY } from './bytes.ts';
import type { Head } from './head.ts';

export class KnownHost {
  private bytes = EMPTY;
  private generation = -1;

  /** Whether it was remembered in that generation, written in the same way. */
  is({ bytes, hostStart, hostNameEnd }: Head, generation: number): boolean {
    const { length } = this.bytes;
    if (this.generation !== generation || hostNameEnd - hostStart !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[hostStart + i] !== this.bytes[i]) return false;
    return true;
  }

  remember({ bytes, hostStart, hostNameEnd }: Head, generation: number): void {
    this.bytes = bytes.slice(hostStart, hostNameEnd);
    this.generation = generation;
  }
}
