// The words of policies, in memory that only this process uses: it is alone, or there is no room in what it shares.
import type { PolicyWords } from '../policies/tools.ts';

/** Makes so many words, all of them 0. */
export function privateWords(count: number): PolicyWords {
  return count === 0 ? NO_WORDS : new OwnWords(new Int32Array(count));
}

// One array for all of them: a table of rates has thousands, and a gateway ten thousand tables.
class OwnWords implements PolicyWords {
  constructor(private readonly words: Int32Array) {}

  get(word: number): number {
    return this.words[this.at(word)];
  }

  set(word: number, value: number): void {
    this.words[this.at(word)] = value;
  }

  add(word: number, by: number): number {
    const at = this.at(word);
    this.words[at] += by;
    return this.words[at];
  }

  swap(word: number, expected: number, value: number): boolean {
    const at = this.at(word);
    if (this.words[at] !== expected) return false;
    this.words[at] = value;
    return true;
  }

  private at(word: number): number {
    return word < this.words.length ? word : missing(word);
  }
}

const NO_WORDS: PolicyWords = { get: missing, set: missing, add: missing, swap: missing };

function missing(word: number): never {
  throw new Error(`the policy has no word ${word}`);
}
