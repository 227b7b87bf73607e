// Listening sockets on their way from the supervisor to a worker: their descriptors, and a message that says what they are.
import type { BoundAddress, Descriptor, WantedAddress } from '../core/kernel-sockets.ts';
import { err } from '../core/result.ts';
import { type ListenOn, formatAddress, onGiven } from '../listen/sockets.ts';
import type { Parcel } from '../world/descriptor-mail.ts';

/** Where a socket was to be bound, and where it is. */
export type SentAddress = { readonly wanted: WantedAddress; readonly address: BoundAddress };

/** The sockets that a worker has been sent and does not listen on yet. */
export class SentSockets {
  private readonly waiting: (SentAddress & { readonly descriptor: Descriptor })[] = [];

  /** `addresses`: in the order of the descriptors. */
  take(addresses: readonly SentAddress[], { descriptors }: Parcel): void {
    for (const [at, sent] of addresses.entries()) {
      const descriptor = descriptors[at];
      if (descriptor !== undefined) this.waiting.push({ ...sent, descriptor });
    }
  }

  /** Listens on the socket that was sent for an address. */
  readonly listenOn: ListenOn = (wanted, handlers, kernel) => {
    const key = JSON.stringify(wanted);
    const at = this.waiting.findIndex((sent) => JSON.stringify(sent.wanted) === key);
    const [found] = at < 0 ? [] : this.waiting.splice(at, 1);
    if (found === undefined) return err(`no socket has been sent for ${describe(wanted)}`);
    return onGiven(found)(wanted, handlers, kernel);
  };

  /** Closes what nobody listens on. */
  drop(close: (descriptor: Descriptor) => void): void {
    for (const { descriptor } of this.waiting.splice(0)) close(descriptor);
  }
}

function describe(wanted: WantedAddress): string {
  return formatAddress(wanted.kind === 'unix' ? wanted : { ...wanted, hostname: wanted.hostname ?? '*' });
}
