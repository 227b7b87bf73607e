// All bound addresses of the gateway: they start together or not at all.
import { type Result, err, ok } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import { Listener, type ListenOptions } from './listener.ts';
import type { ListenerTools } from './contract.ts';
import { type ListenOn, bindHere } from './sockets.ts';

/** A bound address. */
export type ServedAddress = { readonly hostname: string; readonly port: number; readonly isTls: boolean };

export class Listeners {
  private constructor(
    private readonly listeners: readonly Listener[],
    readonly addresses: readonly ServedAddress[],
  ) {}

  /** Binds all addresses, and lets nobody in yet. If one fails, none stays bound, and the error is one line for people. */
  static bind<Options extends ListenOptions>(
    all: readonly Options[],
    toolsOf: (options: Options) => ListenerTools,
    listenOn: ListenOn = bindHere,
  ): Result<Listeners, string> {
    const started: Listener[] = [];
    const addresses: ServedAddress[] = [];
    for (const options of all) {
      const listener = new Listener(options, toolsOf(options));
      const address = listener.bind(listenOn);
      if (!address.ok) {
        for (const one of started) one.stop();
        return err(address.error);
      }
      started.push(listener);
      if (address.value.kind === 'tcp')
        addresses.push({
          hostname: address.value.hostname,
          port: address.value.port,
          isTls: options.certificates !== null,
        });
    }
    return ok(new Listeners(started, addresses));
  }

  /** Lets clients in. */
  open(): void {
    for (const listener of this.listeners) listener.open();
  }

  /** Lets nobody in any more; connections go on. */
  close(): void {
    for (const listener of this.listeners) listener.close();
  }

  async drain(expired: () => boolean, rest: (delay: Millis) => Promise<void>): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.drain(expired, rest)));
  }

  stop(): void {
    for (const listener of this.listeners) listener.stop();
  }
}
