// Keeps the body of an answer while it passes.
import type { BodyStage, StageOutput } from '../stage.ts';

export type CaptureHome = {
  /** In bytes. */
  readonly largest: number;
  /** False: there is no room. */
  readonly take: (size: number) => boolean;
  readonly give: (size: number) => void;
  /** All of it has come. What was taken for it is taken still. */
  readonly whole: (body: Uint8Array) => void;
  readonly tooLarge: () => void;
};

export class Capture implements BodyStage {
  /** Null: nothing is kept any more. */
  private pieces: Uint8Array[] | null = [];
  private size = 0;

  constructor(
    private readonly output: StageOutput,
    private readonly home: CaptureHome,
  ) {}

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > start) this.keep(bytes, start, end);
    return this.output.produced(bytes, start, end);
  }

  // A copy: a slice would hold all of a large read in memory.
  private keep(bytes: Uint8Array, start: number, end: number): void {
    const { pieces, home } = this;
    if (pieces === null) return;
    const length = end - start;
    if (this.size + length > home.largest || !home.take(length)) {
      this.forget();
      return home.tooLarge();
    }
    this.size += length;
    pieces.push(bytes.slice(start, end));
  }

  end(): void {
    const { pieces, size } = this;
    this.pieces = null;
    this.size = 0;
    if (pieces !== null) this.home.whole(joined(pieces, size));
    this.output.ended();
  }

  resume(): void {
    this.output.drained();
  }

  destroy(): void {
    this.forget();
  }

  private forget(): void {
    this.pieces = null;
    this.home.give(this.size);
    this.size = 0;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
