// Reads the row of a step: the points of all series that have one, in the order of their numbers.
import { ByteReader } from '../../observe/history/point-bytes.ts';

export class StepCursor {
  readonly number: number;
  /** Whose point comes next; Infinity: there are no more. */
  id = 0;
  private readonly reader: ByteReader;

  constructor({ key, body }: { readonly key: number; readonly body: Uint8Array }) {
    this.number = key;
    this.reader = new ByteReader(body);
    this.next();
  }

  get isAtEnd(): boolean {
    return this.id === Number.POSITIVE_INFINITY;
  }

  /** Puts its numbers there. */
  take(values: Float64Array, start: number): void {
    this.reader.point(values, start);
    this.next();
  }

  skip(): void {
    this.reader.skip();
    this.next();
  }

  private next(): void {
    this.id = this.reader.isAtEnd ? Number.POSITIVE_INFINITY : this.id + this.reader.count();
  }
}
