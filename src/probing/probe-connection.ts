// One probe on a connection of its own. The first result, of whatever cause, ends it.
import { connectFailure } from '../core/connect-failure.ts';
import type { Connection, ConnectAddress } from '../core/connector.ts';
import type { ProbeResult, ProbeTools } from './contract.ts';
import { failedProbe } from './probe-result.ts';

/** How an open connection ended. `isBroken`: by an error or a timeout, not by a FIN of the peer. */
export type Ending = { readonly isBroken: boolean; readonly detail: string };

/** What a check does on its connection. The first result that it returns ends the connection. */
export type Talk = {
  /** Returns what to send first. */
  opened(): Uint8Array | ProbeResult;
  /** Null: the check waits for more. */
  received(bytes: Uint8Array): ProbeResult | null;
  ended(ending: Ending): ProbeResult;
};

/** Connects and lets `talk` do the rest. The promise never rejects. */
export function converse(address: ConnectAddress, tools: ProbeTools, talk: Talk): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  let connection: Connection | null = null;
  const conclude = (result: ProbeResult | null): void => {
    if (result === null) return;
    connection?.destroy();
    connection = null;
    resolve(result);
  };
  const abort = (): void => conclude(talk.ended({ isBroken: true, detail: 'timed out' }));
  if (tools.signal.aborted) abort();
  else {
    tools.signal.addEventListener('abort', abort, { once: true });
    connection = tools.connect(address, {
      opened: () => {
        const first = talk.opened();
        if (first instanceof Uint8Array) connection?.write(first);
        else conclude(first);
      },
      received: (bytes) => conclude(talk.received(bytes)),
      closed: (error) =>
        conclude(talk.ended({ isBroken: error !== null, detail: error?.message ?? 'closed without an answer' })),
      failed: (error) => conclude(failedProbe(describeConnectError(error))),
    });
  }
  return promise;
}

/** Why a connection never opened. */
export function describeConnectError(error: Error): string {
  const { code, detail } = connectFailure(error);
  return code === 'tls-failed' ? `${code}: ${detail}` : code;
}
