// The record of an exchange as lines of JSON have it, for whoever shows it to operators.
import { usualAccessLog } from '../../config/access-log.ts';
import type { Clock } from '../../core/clock.ts';
import type { ExchangeRecord } from '../../message/record.ts';
import type { LineFormat } from './fields.ts';
import { lineFormat } from './line-format.ts';
import { Lines } from './line-writer.ts';

// More than the longest values of all fields together.
const ROOM = 1024 * 1024;

/** Makes texts of records: one JSON object each, with the members that `access_log` has by default. Secrets are left out. */
export class RecordJson {
  private readonly lines = new Lines(new Uint8Array(ROOM));
  private readonly write: LineFormat;
  private readonly decoder = new TextDecoder();

  constructor(clock: Pick<Clock, 'now' | 'wall'>) {
    this.write = lineFormat({ ...usualAccessLog, format: 'json' }, this.lines, clock);
  }

  of(record: ExchangeRecord): string {
    const { lines } = this;
    lines.at = 0;
    lines.begin();
    this.write(record);
    return lines.isOver ? '{}' : this.decoder.decode(lines.bytes.subarray(0, lines.at));
  }
}
