// Ranges of addresses as a binary trie, for lists of any length: a look-up takes as many steps as the longest range has bits.
import { type AddressRange, parseAddress } from './cidr.ts';

const NOTHING = 0;

/** For each range a mark from 1 to 255; the longest range that holds an address decides. Of two that are equal the larger mark
 * stands. */
export class AddressTrie {
  /** Two children for each node; 0: none. */
  private children = new Int32Array(128);
  private marks = new Uint8Array(64);
  private size = 1;

  add({ bytes, bits }: AddressRange, mark: number): void {
    let node = 0;
    for (let bit = 0; bit < bits; bit++) node = this.child(node * 2 + bitAt(bytes, bit));
    this.marks[node] = Math.max(this.marks[node], mark);
  }

  private child(at: number): number {
    const known = this.children[at];
    if (known !== 0) return known;
    if (this.size === this.marks.length) this.grow();
    this.children[at] = this.size;
    return this.size++;
  }

  private grow(): void {
    const [children, marks] = [new Int32Array(this.children.length * 2), new Uint8Array(this.marks.length * 2)];
    children.set(this.children);
    marks.set(this.marks);
    this.children = children;
    this.marks = marks;
  }

  /** The mark of the longest range that holds the address; 0: none does, or the text is no address. */
  markOf(address: string): number {
    const bytes = parseAddress(address);
    if (bytes === null) return NOTHING;
    const { children, marks } = this;
    let [node, found] = [0, marks[0]];
    for (let bit = 0; bit < 128; bit++) {
      node = children[node * 2 + bitAt(bytes, bit)];
      if (node === 0) break;
      if (marks[node] !== NOTHING) found = marks[node];
    }
    return found;
  }
}

function bitAt(bytes: Uint8Array, bit: number): number {
  return (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
}
