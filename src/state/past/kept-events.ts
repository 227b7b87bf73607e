// Events in a file of SQLite.
import type { Database } from 'bun:sqlite';
import type { GatewayEvent } from '../../core/observer.ts';

type Row = { readonly body: string };

// Only events were written.
const isEvent = (value: unknown): value is GatewayEvent => typeof value === 'object' && value !== null;

export class KeptEvents {
  constructor(private readonly db: Database) {}

  /** `most`: how many are kept, the latest. */
  keep(events: readonly GatewayEvent[], most: number): void {
    const put = this.db.query('INSERT OR REPLACE INTO events VALUES (?, ?)');
    this.db.transaction(() => {
      for (const event of events) put.run(event.number, JSON.stringify(event));
      this.db.query('DELETE FROM events WHERE key <= (SELECT max(key) FROM events) - ?').run(most);
    })();
  }

  /** The latest `most` after one number and before another, oldest first. */
  between(after: number, before: number, most: number): readonly GatewayEvent[] {
    const sql = 'SELECT body FROM events WHERE key > ? AND key < ? ORDER BY key DESC LIMIT ?';
    const rows = this.db.query<Row, [number, number, number]>(sql).all(after, before, most);
    return rows.toReversed().flatMap(({ body }) => {
      const event: unknown = JSON.parse(body);
      return isEvent(event) ? [event] : [];
    });
  }
}
