// The words of policies, in memory that only this process uses: it is alone, or there is no room in what it shares.
import { Cells, policyFields, slotOf } from '../core/cells.ts';
import type { PolicyWords } from '../policies/contract.ts';

/** Makes so many words, all of them 0. */
export function privateWords(count: number): PolicyWords {
  if (count === 0) return NO_WORDS;
  const fields = policyFields(count);
  const cells = new Cells(fields);
  const slot = slotOf(0);
  cells.grow(1);
  const at = (word: number) => fields[word] ?? missing(word);
  return {
    get: (word) => cells.get(slot, at(word)),
    set: (word, value) => cells.set(slot, at(word), value),
    add: (word, by) => cells.add(slot, at(word), by),
    swap: (word, expected, value) => cells.swap(slot, at(word), expected, value),
  };
}

const NO_WORDS: PolicyWords = { get: missing, set: missing, add: missing, swap: missing };

function missing(word: number): never {
  throw new Error(`the policy has no word ${word}`);
}
