// "Did you mean …?": finds the known word that a mistyped one most likely stands for.

/** Longer words are not compared: they are no typing mistakes, and the time grows with the square of the length. */
const LONGEST = 64;

/** The candidate that is nearest to a word, or null if none is near enough to be worth naming. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const wanted = normalise(word);
  if (wanted === '' || wanted.length > LONGEST) return null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normalise(candidate));
    if (distance >= least || distance > tolerance(wanted, candidate)) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** How many single characters must be put in, taken out, replaced or swapped with their neighbour to make one word of
 * the other. Symmetric. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) cost = Math.min(cost, before[j - 2] + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

// One mistake for every three characters, but at least one.
function tolerance(a: string, b: string): number {
  return Math.max(1, Math.floor(Math.min(a.length, b.length) / 3));
}

// So that healthInterval and health-interval are seen as health_interval.
function normalise(word: string): string {
  return word
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-. ]/g, '_')
    .toLowerCase();
}
