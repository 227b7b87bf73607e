// The past of the traffic in a file of SQLite. A step is one row with the points of all that had any, so that writing it costs
// little however many tenants there are. When a block of steps is over, its rows become one for each tenant, so that reading a
// tenant's day costs little however many others there are. One thread uses it, alone.
import type { Database } from 'bun:sqlite';
import type { HistorySettings } from '../../config/history.ts';
import { GRAINS, type Grain, WHOLE, addPoint } from '../../observe/history/kept-past.ts';
import { ByteReader, ByteWriter } from '../../observe/history/point-bytes.ts';
import { POINT_SIZE } from '../../observe/history/timeline.ts';
import { StepCursor } from './step-cursor.ts';

// Of fine steps a quarter of an hour, of coarse ones six hours: a block of a tenant fits a page of the file.
const STEPS_OF_BLOCK = { fine: 90, coarse: 72 } as const satisfies Record<Grain, number>;
const TABLES = {
  fine: { steps: 'fine_steps', blocks: 'fine_blocks' },
  coarse: { steps: 'coarse_steps', blocks: 'coarse_blocks' },
} as const satisfies Record<Grain, unknown>;
const RATIO = GRAINS.coarse.step / GRAINS.fine.step;
/** The key of a block's row is made of the block's number and that of the series. */
const MOST_SERIES = 2 ** 24;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Row = { readonly key: number; readonly body: Uint8Array };
/** Of one step, by the numbers of series. */
type Points = Map<number, Float64Array>;

export class PastFile {
  private readonly ids = new Map<string, number>();
  /** The latest step when the file was opened: a process of before may have kept a part of it. */
  private readonly inherited: Record<Grain, number>;
  private readonly writer = new ByteWriter();
  /** Names that this process has kept points of. */
  private readonly seen = new Set<string>();
  private readonly packedTo: Record<Grain, number> = { fine: -1, coarse: -1 };

  constructor(private readonly db: Database) {
    for (const { id, name } of db.query<{ id: number; name: string }, []>('SELECT id, name FROM series').all())
      this.ids.set(name, id);
    this.completeCoarse();
    this.inherited = { fine: this.latest('fine'), coarse: this.latest('coarse') };
  }

  /** Keeps the points of a step that is over, by names. `at`: its beginning. */
  keep(grain: Grain, at: number, points: ReadonlyMap<string, Float64Array>): void {
    const number = Math.floor(at / GRAINS[grain].step);
    this.db.transaction(() => {
      const known: Points = number === this.inherited[grain] ? this.step(grain, number) : new Map();
      for (const [name, point] of points) add(known, this.idOf(name, at), point);
      this.put(grain, number, known);
    })();
    if (number === this.inherited[grain]) this.inherited[grain] = -1;
    const block = Math.floor(number / STEPS_OF_BLOCK[grain]);
    if (block === this.packedTo[grain]) return;
    this.packBefore(grain, block);
    this.packedTo[grain] = block;
  }

  /** The numbers of so many steps of a series; NaN where nothing is known. Null: there is no such series. */
  read(name: string, grain: Grain, from: number, steps: number): Float64Array | null {
    const id = this.ids.get(name);
    if (id === undefined) return null;
    const first = Math.floor(from / GRAINS[grain].step);
    const own = this.series(id, grain, first, steps);
    const whole = this.ids.get(WHOLE);
    if (whole === undefined || whole === id) return own;
    // A tenant that has no point of a step in which the gateway ran has had no traffic in it.
    const all = this.series(whole, grain, first, steps);
    for (let at = 0; at < own.length; at += POINT_SIZE)
      if (Number.isNaN(own[at]) && !Number.isNaN(all[at])) own.set(NO_TRAFFIC, at);
    return own;
  }

  /** All points of a step, by names. */
  stepAt(grain: Grain, at: number): ReadonlyMap<string, Float64Array> {
    const points = this.step(grain, Math.floor(at / GRAINS[grain].step));
    const named = new Map<string, Float64Array>();
    for (const [name, id] of this.ids) {
      const point = points.get(id);
      if (point !== undefined) named.set(name, point);
    }
    return named;
  }

  /** Forgets what is older than it is to be, and what lies ahead of a clock that was set back. */
  forget({ fine_hours: hours, coarse_days: days }: HistorySettings, now: number): void {
    const kept = { fine: hours * HOUR, coarse: days * DAY } as const;
    for (const grain of ['fine', 'coarse'] as const) {
      const { step } = GRAINS[grain];
      const [first, last] = [Math.floor((now - kept[grain]) / step), Math.floor(now / step) + 1];
      const [firstBlock, lastBlock] = [first, last].map((one) => Math.floor(one / STEPS_OF_BLOCK[grain]));
      this.remove(TABLES[grain].steps, first, last + 1);
      this.remove(TABLES[grain].blocks, (firstBlock ?? 0) * MOST_SERIES, ((lastBlock ?? 0) + 1) * MOST_SERIES);
    }
    const old = this.db.query<{ name: string }, [number]>('SELECT name FROM series WHERE last < ?');
    const forgotten = old.all(now - kept.coarse).filter(({ name }) => !this.seen.has(name));
    for (const { name } of forgotten) {
      this.db.query('DELETE FROM series WHERE name = ?').run(name);
      this.ids.delete(name);
    }
  }

  /** Forgets the oldest points, fine ones first. False: there are none. */
  forgetOldest(): boolean {
    for (const { blocks } of Object.values(TABLES)) {
      const oldest =
        this.db.query<{ key: number | null }, []>(`SELECT min(key) AS key FROM ${blocks}`).get()?.key ?? null;
      if (oldest === null) continue;
      this.remove(blocks, (Math.floor(oldest / MOST_SERIES) + 1) * MOST_SERIES, Number.MAX_SAFE_INTEGER);
      return true;
    }
    for (const { steps } of Object.values(TABLES)) {
      const sql = `DELETE FROM ${steps} WHERE key <= (SELECT (min(key) + max(key)) / 2 FROM ${steps})`;
      if (this.db.query(sql).run().changes > 0) return true;
    }
    return false;
  }

  // The process of before has ended in the midst of a coarse step, but has kept the fine ones of it.
  private completeCoarse(): void {
    const latest = this.latest('fine');
    if (latest < 0) return;
    const number = Math.floor(latest / RATIO);
    const isOver = latest % RATIO === RATIO - 1;
    if (isOver && this.latest('coarse') >= number) return;
    const sum: Points = new Map();
    for (let step = number * RATIO; step <= latest; step++)
      for (const [id, point] of this.step('fine', step)) add(sum, id, point);
    this.put('coarse', number, sum);
  }

  private idOf(name: string, at: number): number {
    this.seen.add(name);
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    const made = this.db.query('INSERT INTO series (name, last) VALUES (?, ?)').run(name, at);
    const id = Number(made.lastInsertRowid);
    this.ids.set(name, id);
    return id;
  }

  private latest(grain: Grain): number {
    const sql = `SELECT max(key) AS key FROM ${TABLES[grain].steps}`;
    return this.db.query<{ key: number | null }, []>(sql).get()?.key ?? -1;
  }

  private step(grain: Grain, number: number): Points {
    const row = this.db.query<Row, [number]>(`SELECT key, body FROM ${TABLES[grain].steps} WHERE key = ?`).get(number);
    const points: Points = new Map();
    if (row === null) return points;
    for (const cursor = new StepCursor(row); !cursor.isAtEnd; ) {
      const point = new Float64Array(POINT_SIZE);
      const { id } = cursor;
      cursor.take(point, 0);
      points.set(id, point);
    }
    return points;
  }

  private put(grain: Grain, number: number, points: Points): void {
    const { writer } = this;
    let before = 0;
    for (const [id, point] of [...points].toSorted(([one], [other]) => one - other)) {
      writer.count(id - before);
      writer.point(point, 0);
      before = id;
    }
    this.db.query(`INSERT OR REPLACE INTO ${TABLES[grain].steps} VALUES (?, ?)`).run(number, writer.take());
  }

  // Each block by itself, so that no transaction is larger than it must be.
  private packBefore(grain: Grain, block: number): void {
    const { steps } = TABLES[grain];
    const oldest = this.db.query<{ key: number | null }, []>(`SELECT min(key) AS key FROM ${steps}`);
    for (let first = oldest.get()?.key ?? null; first !== null; first = oldest.get()?.key ?? null) {
      const next = Math.floor(first / STEPS_OF_BLOCK[grain]);
      if (next >= block) return;
      this.db.transaction(() => this.packBlock(grain, next))();
    }
  }

  private packBlock(grain: Grain, block: number): void {
    const length = STEPS_OF_BLOCK[grain];
    const { steps, blocks } = TABLES[grain];
    const first = block * length;
    const rows = this.rows(steps, first, first + length);
    const cursors = rows.map((row) => new StepCursor(row));
    const values = new Float64Array(length * POINT_SIZE);
    const put = this.db.query(`INSERT OR REPLACE INTO ${blocks} VALUES (?, ?)`);
    const seen = this.db.query('UPDATE series SET last = ? WHERE id = ?');
    // There is one already where the clock was set back.
    const hasBefore = this.rows(blocks, block * MOST_SERIES, (block + 1) * MOST_SERIES, 1).length > 0;
    for (const id of [...this.ids.values()].toSorted((one, other) => one - other)) {
      values.fill(Number.NaN);
      const key = block * MOST_SERIES + id;
      if (hasBefore) this.readBlock(blocks, key, (offset, reader) => reader.point(values, offset * POINT_SIZE));
      for (const cursor of cursors) {
        const start = (cursor.number - first) * POINT_SIZE;
        if (cursor.id === id) cursor.take(values, start);
        else values[start] = Number.NaN;
      }
      const body = this.blockOf(values);
      if (body.length === 0) continue;
      put.run(key, body);
      seen.run((first + length) * GRAINS[grain].step, id);
    }
    this.db.query(`DELETE FROM ${steps} WHERE key >= ? AND key < ?`).run(first, first + length);
  }

  private blockOf(values: Float64Array): Uint8Array {
    let before = 0;
    for (let at = 0; at < values.length; at += POINT_SIZE) {
      if (Number.isNaN(values[at])) continue;
      const offset = at / POINT_SIZE;
      this.writer.count(offset - before);
      this.writer.point(values, at);
      before = offset;
    }
    return this.writer.take();
  }

  private readBlock(table: string, key: number, take: (offset: number, reader: ByteReader) => void): void {
    const [row] = this.rows(table, key, key + 1);
    if (row === undefined) return;
    const reader = new ByteReader(row.body);
    for (let offset = 0; !reader.isAtEnd; ) {
      offset += reader.count();
      take(offset, reader);
    }
  }

  private series(id: number, grain: Grain, first: number, steps: number): Float64Array {
    const values = new Float64Array(steps * POINT_SIZE).fill(Number.NaN);
    const length = STEPS_OF_BLOCK[grain];
    const { steps: table, blocks } = TABLES[grain];
    for (let block = Math.floor(first / length); block * length < first + steps; block++)
      this.readBlock(blocks, block * MOST_SERIES + id, (offset, reader) => {
        const at = block * length + offset - first;
        if (at >= 0 && at < steps) reader.point(values, at * POINT_SIZE);
        else reader.skip();
      });
    for (const row of this.rows(table, first, first + steps)) {
      const cursor = new StepCursor(row);
      while (cursor.id < id) cursor.skip();
      const start = (row.key - first) * POINT_SIZE;
      if (cursor.id === id) cursor.take(values, start);
      else values[start] = Number.NaN;
    }
    return values;
  }

  private rows(table: string, from: number, to: number, most = Number.MAX_SAFE_INTEGER): readonly Row[] {
    const sql = `SELECT key, body FROM ${table} WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`;
    return this.db.query<Row, [number, number, number]>(sql).all(from, to, most);
  }

  private remove(table: string, before: number, from: number): void {
    this.db.query(`DELETE FROM ${table} WHERE key < ? OR key >= ?`).run(before, from);
  }
}

const NO_TRAFFIC = new Float64Array([0, 0, 0, 0, 0, 0, Number.NaN, Number.NaN, Number.NaN]);

function add(points: Points, id: number, point: Float64Array): void {
  const known = points.get(id);
  if (known === undefined) points.set(id, point);
  else addPoint(known, 0, point, 0);
}
