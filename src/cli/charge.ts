// Whether this process decides, or leaves that to the one that takes its place: what both decide would be lost with one of them.

export class Charge {
  /** Why nothing is decided here any more, or at the moment, for people; null: this process decides. */
  obstacle: string | null = null;

  /** Another process is asked to decide. */
  leaveTo(pid: number): void {
    this.obstacle = `process ${pid} takes the place of this one; ask again`;
  }

  /** It does not. */
  takeBack(): void {
    this.obstacle = null;
  }
}
