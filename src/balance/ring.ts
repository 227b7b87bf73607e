// A hash ring (Karger 1997) with an index of buckets: a lookup is one read and about one step. A change of candidates
// keeps the points that stay and merges the new ones in, so that only the newcomers' points are hashed and sorted.
// Memory: 8 bytes a point and 4 for each bucket, of which there are one to two for each point: 12 to 16 bytes a point.
import { combine } from '../core/hash.ts';
import type { Candidate } from './contract.ts';

// With the default of 160 points for each unit of weight this is reached by weights that add up to 6,553.
const MAX_POINTS = 1 << 20;

/** Points on a circle, each owned by a candidate. */
export class Ring {
  private positions = new Uint32Array(0);
  private owners = new Uint32Array(0);
  /** buckets[b]: the first point whose position is in bucket b or after it. */
  private buckets = new Uint32Array(2);
  private shift = 31;
  private members = new Map<number, { readonly index: number; readonly points: number }>();
  /** By owner: its index among the candidates of the latest update; -1: it is not among them. */
  private places = new Int32Array(0);

  get bytes(): number {
    return this.positions.byteLength + this.owners.byteLength + this.buckets.byteLength;
  }

  get size(): number {
    return this.positions.length;
  }

  update(candidates: readonly Candidate[], pointsPerWeight: number): void {
    const total = candidates.reduce((sum, candidate) => sum + candidate.weight, 0) * pointsPerWeight;
    // The points are halved until they fit. Cutting them to fit exactly would move all keys at each small change of weight.
    const scale = pointsPerWeight / 2 ** Math.max(0, Math.ceil(Math.log2(total / MAX_POINTS)));
    if (this.hasAll(candidates, scale)) return this.markPresent(candidates);
    const members = new Map<number, { readonly index: number; readonly points: number }>();
    const newIndexes = new Int32Array(this.members.size).fill(-1);
    const added: number[] = [];
    for (let index = 0; index < candidates.length; index++) {
      const { id, identityHash, weight } = candidates[index];
      const points = pointsOf(weight, scale);
      const known = this.members.get(id);
      members.set(id, { index, points });
      if (known?.points === points) newIndexes[known.index] = index;
      // 32 bits of position and 20 of owner fit a double exactly, and doubles sort fast.
      else for (let point = 0; point < points; point++) added.push(combine(identityHash, point) * MAX_POINTS + index);
    }
    this.merge(newIndexes, Float64Array.from(added).toSorted());
    this.members = members;
    this.places = Int32Array.from(candidates.keys());
    this.fillBuckets();
  }

  // A backend near its limit becomes full and free again with every request. Its points stay, and `find` skips them
  // meanwhile.
  private hasAll(candidates: readonly Candidate[], scale: number): boolean {
    return candidates.every(({ id, weight }) => this.members.get(id)?.points === pointsOf(weight, scale));
  }

  private markPresent(candidates: readonly Candidate[]): void {
    this.places.fill(-1);
    for (let index = 0; index < candidates.length; index++) {
      const known = this.members.get(candidates[index].id);
      if (known !== undefined) this.places[known.index] = index;
    }
  }

  /** The first point at or after a hash, going round, whose owner is a candidate. */
  find(hash: number): number {
    const { positions } = this;
    let at = this.buckets[hash >>> this.shift];
    while (at < positions.length && positions[at] < hash) at++;
    if (at === positions.length) at = 0;
    for (let steps = 0; steps < positions.length && this.owner(at) < 0; steps++) {
      at = at + 1 === positions.length ? 0 : at + 1;
    }
    return at;
  }

  /** The index of the candidate that owns a point; -1: its owner is not a candidate now. */
  owner(point: number): number {
    return this.places[this.owners[point]];
  }

  private merge(newIndexes: Int32Array, added: Float64Array): void {
    const { positions, owners } = this;
    const addedPositions = Uint32Array.from(added, (point) => point / MAX_POINTS);
    const addedOwners = Uint32Array.from(added, (point) => point % MAX_POINTS);
    let kept = 0;
    for (let from = 0; from < owners.length; from++) if (newIndexes[owners[from]] >= 0) kept++;
    const size = kept + added.length;
    const mergedPositions = new Uint32Array(size);
    const mergedOwners = new Uint32Array(size);
    let from = 0;
    let next = 0;
    for (let to = 0; to < size; to++) {
      while (from < owners.length && newIndexes[owners[from]] < 0) from++;
      const isOld = from < owners.length && (next === added.length || positions[from] <= addedPositions[next]);
      mergedPositions[to] = isOld ? positions[from] : addedPositions[next];
      mergedOwners[to] = isOld ? newIndexes[owners[from++]] : addedOwners[next++];
    }
    this.positions = mergedPositions;
    this.owners = mergedOwners;
  }

  private fillBuckets(): void {
    const { positions } = this;
    const bits = Math.max(1, Math.ceil(Math.log2(positions.length)));
    const shift = 32 - bits;
    const buckets = new Uint32Array(2 ** bits).fill(positions.length);
    let bucket = 0;
    for (let at = 0; at < positions.length; at++) {
      for (const last = positions[at] >>> shift; bucket <= last; bucket++) buckets[bucket] = at;
    }
    this.shift = shift;
    this.buckets = buckets;
  }
}

function pointsOf(weight: number, scale: number): number {
  return Math.max(1, Math.round(weight * scale));
}
