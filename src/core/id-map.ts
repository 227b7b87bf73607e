// A map by number that has one entry, as a rule. A Map with an entry takes some 450 bytes, and thirty thousand backends have
// one each.

/** Values by id, in the order in which they were added. */
export class IdMap<Value> {
  /** The one entry; null: there is none, or `all` has them. */
  private one: { readonly id: number; readonly value: Value } | null = null;
  /** Null: there is one entry at most. */
  private all: Map<number, Value> | null = null;

  get size(): number {
    return this.all?.size ?? (this.one === null ? 0 : 1);
  }

  get(id: number): Value | undefined {
    if (this.all !== null) return this.all.get(id);
    return this.one?.id === id ? this.one.value : undefined;
  }

  set(id: number, value: Value): void {
    const { one } = this;
    if (this.all === null && (one === null || one.id === id)) {
      this.one = { id, value };
      return;
    }
    this.all ??= new Map(one === null ? [] : [[one.id, one.value]]);
    this.all.set(id, value);
    this.one = null;
  }

  /** True: it was there. */
  delete(id: number): boolean {
    if (this.all !== null) return this.all.delete(id);
    const isThere = this.one?.id === id;
    if (isThere) this.one = null;
    return isThere;
  }

  /** The value that was added first; undefined: there is none. */
  first(): Value | undefined {
    return this.all === null ? this.one?.value : this.all.values().next().value;
  }

  ids(): readonly number[] {
    if (this.all !== null) return [...this.all.keys()];
    return this.one === null ? [] : [this.one.id];
  }

  values(): readonly Value[] {
    if (this.all !== null) return [...this.all.values()];
    return this.one === null ? [] : [this.one.value];
  }
}
