// Records of exchanges that a test makes up.
import { millis } from '../../src/core/units.ts';
import type { ClientFacts } from '../../src/message/contract.ts';
import type { ExchangeRecord } from '../../src/message/record.ts';
import { ascii } from '../../src/message/bytes.ts';
import { requestHead } from './heads.ts';
import { recordOf } from './record-of.ts';

const CLIENT: ClientFacts = {
  address: '192.0.2.1',
  port: 40_000,
  isTls: false,
  tls: null,
  version: '1.1',
  claims: null,
};

/** A plain GET that has been answered, but for what is given. `request`: the head as it came. */
export function accessRecord(request: string, other: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    ...recordOf(),
    listener: 'web',
    requestId: '0123456789abcdef00000001',
    requestIdBytes: ascii('0123456789abcdef00000001'),
    poolName: 'default',
    request: request === '' ? null : requestHead(request),
    client: CLIENT,
    bytesOut: 1200,
    times: {
      begun: millis(1000),
      admitted: millis(1000),
      attempted: millis(1000),
      connecting: millis(1000),
      connected: millis(1001),
      answered: millis(1002.5),
      left: millis(1003.25),
      queued: millis(0),
    },
    ...other,
  };
}
