// An access log in one file: a line for each exchange, of nothing but its record.
import { latin1 } from '../../src/message/bytes.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../src/message/record.ts';

/** Writes `method host path status in/out bytes, refused by whom, and the times of each step in milliseconds`. */
export class AccessLog implements ExchangeObserver {
  readonly wantsAttempts = false;

  constructor(private readonly write: (line: string) => void) {}

  exchangeEnded(record: ExchangeRecord): void {
    const { request: head, status, failure, refusedBy, bytesIn, bytesOut, tenantName } = record;
    const text = (start: number, end: number): string => (head === null ? '' : latin1(head.bytes, start, end));
    const asked =
      head === null
        ? ['-', '-', '-']
        : [text(head.start, head.methodEnd), text(head.hostStart, head.hostEnd), text(head.pathStart, head.pathEnd)];
    const words = [tenantName ?? '-', ...asked, status, bytesIn, bytesOut, failure ?? '-', refusedBy ?? '-'];
    this.write(`${words.join(' ')} ${times(record)}`);
  }

  attemptEnded(): void {}
}

// From the beginning on; `-`: it never came to that.
function times({ times: { begun, admitted, attempted, answered, left } }: ExchangeRecord): string {
  const since = (at: number): string => (at === 0 ? '-' : (at - begun).toFixed(1));
  return `admitted=${since(admitted)} attempted=${since(attempted)} answered=${since(answered)} left=${since(left)}`;
}
