// What a transport is made with in a test that opens its sockets itself.
import { ReadTurns } from '../../src/core/read-turns.ts';
import { SendBatch } from '../../src/core/send-batch.ts';
import type { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { EMPTY, ascii } from '../../src/message/bytes.ts';
import type { TransportLimits, TransportTarget, TransportTools } from '../../src/upstream/contract.ts';
import type { OutgoingRequest } from '../../src/message/contract.ts';
import { NO_MARKS } from '../../src/message/own-marks.ts';
import { requestHead } from './heads.ts';

export const TRANSPORT_LIMITS: TransportLimits = {
  maxConnections: 100,
  maxIdle: 2,
  idleTimeout: millis(1000),
  connectTimeout: millis(1000),
  firstByteTimeout: millis(1000),
  streamIdleTimeout: millis(1000),
  tunnelIdleTimeout: millis(1000),
  streamAfter: millis(30_000),
  pingAfter: millis(15_000),
  surplusTimeout: millis(2000),
};

const ORIGIN = {
  authority: ascii('b.test'),
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};

const NO_KERNEL = { limit: () => undefined, writeBeyondLimit: () => 0, writeBoth: () => 0, waiting: () => null };

const EMPTY_STEP = (): void => undefined;

/** A backend. `released`: an exchange at it has ended. */
export function targetOf(released: () => void): TransportTarget {
  let connections = 0;
  return {
    get connections() {
      return connections;
    },
    connectionBegan: () => void connections++,
    connectionEnded: () => void connections--,
    address: { hostname: '127.0.0.1', port: 1, tls: null },
    origin: ORIGIN,
    payer: { finish: 0 },
    traffic: { opened: EMPTY_STEP, notOpened: EMPTY_STEP, reused: EMPTY_STEP, moved: EMPTY_STEP },
    takeTrial: () => 0,
    released,
    tunnelBegan: () => undefined,
    tunnelEnded: () => undefined,
    streamBegan: () => true,
    streamEnded: released,
  };
}

/** Sent bytes leave at once. */
export function transportTools(
  wheel: TimerWheel,
  own: Pick<TransportTools, 'dial' | 'reportBug'>,
  idleLimit = 100,
): TransportTools {
  return {
    ...own,
    wheel,
    headLimits: { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 },
    idle: { count: 0, limit: idleLimit },
    sending: { kernel: NO_KERNEL, batch: new SendBatch((task) => task()) },
    turns: new ReadTurns((task) => task()),
    peerHasEnded: () => false,
    reportShortage: () => undefined,
  };
}

/** A request without a body and without anything that the gateway would add to it. */
export function plainRequest(text: string): OutgoingRequest {
  return {
    head: requestHead(text),
    bodyStart: 0,
    bodyEnd: 0,
    bodyForm: 'framed',
    strip: 0,
    rewritten: null,
    client: { address: '', isTls: false, tls: null, version: '1.1', port: 0, claims: null },
    edits: null,
    marks: NO_MARKS,
  };
}
