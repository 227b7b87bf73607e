// Random choice in proportion to weights: one step if all weights are equal, a binary search otherwise.

/** Chooses indexes at random, each in proportion to its weight. */
export class WeightedChoice {
  private size = 0;
  private isEven = true;
  /** ends[i]: the sum of the weights from 0 to i. */
  private ends = new Float64Array(0);

  update(items: readonly { readonly weight: number }[]): void {
    this.size = items.length;
    this.isEven = items.every((item) => item.weight === items[0].weight);
    if (this.isEven) return;
    this.ends = new Float64Array(items.length);
    let sum = 0;
    for (let at = 0; at < items.length; at++) this.ends[at] = sum += items[at].weight;
  }

  /** `random`: from 0 to below 1. */
  choose(random: number): number {
    return this.isEven ? Math.floor(random * this.size) : this.find(random * this.ends[this.size - 1]);
  }

  /** Chooses any index but `taken`, in proportion to the weights of the rest. There must be at least two. */
  chooseOther(taken: number, random: number): number {
    if (this.isEven) {
      const at = Math.floor(random * (this.size - 1));
      return at < taken ? at : at + 1;
    }
    const start = taken === 0 ? 0 : this.ends[taken - 1];
    const weight = this.ends[taken] - start;
    const point = random * (this.ends[this.size - 1] - weight);
    const at = this.find(point < start ? point : point + weight);
    // Rounding at the border of its range may choose the one that is taken.
    if (at !== taken) return at;
    return taken + 1 < this.size ? taken + 1 : taken - 1;
  }

  private find(point: number): number {
    const { ends } = this;
    let low = 0;
    let high = this.size - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle] > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
