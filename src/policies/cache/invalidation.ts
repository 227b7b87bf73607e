// What has been purged, or changed by another request, in words that all processes share: each of them looks before it gives an answer
// that it keeps, and nobody has to be told. A word stands for many places: one that happens to share it is fetched again.
import { hashText } from '../../core/hash.ts';
import type { PolicyWords } from '../tools.ts';
import type { Purge } from '../contract.ts';

// How often everything was purged, and how often a tag was.
const ALL = 0;
const TAGS = 1;
const TABLE = 2;
const PLACES = 1022;

export const INVALIDATION_WORDS = TABLE + PLACES;

const OF_PATH = 1;
const OF_URL = 2;
const OF_TAG = 3;

/** Where an answer belongs. */
export type Place = { readonly host: string; readonly path: string /** With its `?`. */; readonly query: string };

/** What the words of an answer were when it was asked for. */
export type Stamp = { readonly words: readonly number[]; readonly values: readonly number[] };

export class Invalidation {
  constructor(private readonly words: PolicyWords) {}

  /** To be taken before the answer is asked for: what is purged meanwhile may be what it was made of. */
  stampOf({ host, path, query }: Place): Stamp {
    return this.stamp([ALL, TAGS, wordOf(host + path, OF_PATH), wordOf(host + path + query, OF_URL)]);
  }

  /** The same for an answer with these tags. Null: a tag has been purged since, which may have been one of them. */
  withTags({ words, values }: Stamp, tags: readonly string[]): Stamp | null {
    const [all = 0, , ...places] = words;
    const [allValue = 0, tagsValue = 0, ...placeValues] = values;
    if (tags.length > 0 && this.words.get(TAGS) !== tagsValue) return null;
    const ofTags = tags.map((tag) => wordOf(tag, OF_TAG));
    const now = ofTags.map((word) => this.words.get(word));
    return { words: [all, ...places, ...ofTags], values: [allValue, ...placeValues, ...now] };
  }

  /** Nothing of it has been purged. */
  holds({ words, values }: Stamp): boolean {
    for (let at = 0; at < words.length; at++) if (this.words.get(words[at] ?? 0) !== values[at]) return false;
    return true;
  }

  purge(what: Purge): void {
    switch (what.kind) {
      case 'all':
        return this.step(ALL);
      case 'tag':
        this.step(TAGS);
        return this.step(wordOf(what.tag, OF_TAG));
      case 'url': {
        const { host, path, query } = what;
        return this.step(query === null ? wordOf(host + path, OF_PATH) : wordOf(host + path + query, OF_URL));
      }
    }
  }

  private step(word: number): void {
    this.words.add(word, 1);
  }

  private stamp(words: readonly number[]): Stamp {
    return { words, values: words.map((word) => this.words.get(word)) };
  }
}

function wordOf(text: string, seed: number): number {
  return TABLE + (hashText(text, seed) % PLACES);
}
