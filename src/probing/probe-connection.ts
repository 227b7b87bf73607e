// One probe on a connection of its own. The first result, of whatever cause, ends it.
import { connectFailure } from '../core/connect-failure.ts';
import type { Connection, ConnectAddress } from '../core/connector.ts';
import { Shortage } from '../core/shortage.ts';
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

/** Connects, and lets a talk do the rest, which begins when the connection is open: a backend that is down costs as little
 * as possible. The promise rejects with a Shortage only: the probe could not be made. */
export function converse(address: ConnectAddress, tools: ProbeTools, begin: () => Talk): Promise<ProbeResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeResult>();
  let connection: Connection | null = null;
  let talk: Talk | null = null;
  const conclude = (result: ProbeResult | null): void => {
    if (result === null) return;
    connection?.destroy();
    connection = null;
    resolve(result);
  };
  const end = (ending: Ending): void => conclude(talk === null ? failedProbe(ending.detail) : talk.ended(ending));
  const abort = (): void => end({ isBroken: true, detail: 'timed out' });
  if (tools.signal.aborted) abort();
  else {
    tools.signal.addEventListener('abort', abort, { once: true });
    connection = tools.connect(address, {
      opened: () => {
        talk = begin();
        const first = talk.opened();
        if (first instanceof Uint8Array) connection?.write(first);
        else conclude(first);
      },
      received: (bytes) => conclude(talk === null ? null : talk.received(bytes)),
      closed: (error) => end({ isBroken: error !== null, detail: error?.message ?? 'closed without an answer' }),
      failed: (error) => {
        if (error instanceof Shortage) reject(error);
        else conclude(failedProbe(describeConnectError(error)));
      },
    });
  }
  return promise;
}

/** Why a connection never opened. */
export function describeConnectError(error: Error): string {
  const { code, reason } = connectFailure(error);
  const saysMore = code === 'tls-failed' || code === 'connect-failed';
  return saysMore && reason !== null ? `${code}: ${reason.replace(/\.$/, '')}` : code;
}
