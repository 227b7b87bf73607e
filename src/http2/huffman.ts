// HPACK's Huffman code (RFC 7541 B), decoded four bits at a time.

// The length of each code in bits, in the order of the symbols, in base 36. The code is canonical: its lengths are all of it.
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6' +
  'f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const END_OF_STRING = 256;
const EMIT = 0x100;
const FAIL = 0x200;

// A state is an inner node of the code's tree, of which there are 256. No code is shorter than five bits, so that four bits end
// at most one symbol.
const STATES = 256;
const STEPS_OF_A_STATE = 16;
/** For each state and four bits: the next state, with EMIT or FAIL. */
const STEP = new Uint16Array(STATES * STEPS_OF_A_STATE);
/** What EMIT emits. */
const SYMBOL = new Uint8Array(STATES * STEPS_OF_A_STATE);
/** 1 for each state in which a string may end. */
const ENDS = new Uint8Array(STATES);
const MAX_PADDING = 7;

// The two ways on from an inner node: >= 0: another inner node; < ABSENT: the leaf of a symbol.
type Node = [number, number];
const ABSENT = -1;

build(makeTree());

function makeTree(): readonly Node[] {
  const tree: Node[] = [[ABSENT, ABSENT]];
  const symbols = Array.from({ length: END_OF_STRING + 1 }, (_, symbol) => symbol);
  symbols.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  let code = 0;
  let previous = 0;
  for (const symbol of symbols) {
    code *= 2 ** (lengthOf(symbol) - previous);
    previous = lengthOf(symbol);
    plant(tree, symbol, code++);
  }
  return tree;
}

function plant(tree: Node[], symbol: number, code: number): void {
  let node = 0;
  for (let bit = lengthOf(symbol) - 1; bit > 0; bit--) {
    const side = sideAt(code, bit);
    if (tree[node][side] === ABSENT) tree[node][side] = tree.push([ABSENT, ABSENT]) - 1;
    node = tree[node][side];
  }
  tree[node][sideAt(code, 0)] = leafOf(symbol);
}

function lengthOf(symbol: number): number {
  return Number.parseInt(LENGTHS[symbol], 36);
}

function leafOf(symbol: number): number {
  return ABSENT - 1 - symbol;
}

function sideAt(code: number, bit: number): 0 | 1 {
  return ((code >>> bit) & 1) === 0 ? 0 : 1;
}

function build(tree: readonly Node[]): void {
  for (let state = 0; state < STATES; state++)
    for (let bits = 0; bits < STEPS_OF_A_STATE; bits++) buildStep(tree, state, bits);
  // Padding is the beginning of the code of END_OF_STRING, which is all ones.
  for (let node = 0, depth = 0; depth <= MAX_PADDING; depth++) {
    ENDS[node] = 1;
    node = tree[node][1];
  }
}

function buildStep(tree: readonly Node[], state: number, bits: number): void {
  const at = state * STEPS_OF_A_STATE + bits;
  let node = state;
  let flag = 0;
  for (let bit = 3; bit >= 0; bit--) {
    node = tree[node][sideAt(bits, bit)];
    if (node >= 0) continue;
    if (node === leafOf(END_OF_STRING)) {
      STEP[at] = FAIL;
      return;
    }
    SYMBOL[at] = leafOf(node);
    flag = EMIT;
    node = 0;
  }
  STEP[at] = node | flag;
}

/** No string that takes so many bytes in this code is longer. */
export function decodedBound(size: number): number {
  return Math.floor((size * 8) / 5);
}

/** Decodes bytes[start, end) to `out` at `from`, where there is room for `decodedBound`; returns the position after it, or -1:
 * they are not of this code. */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, out: Uint8Array, from: number): number {
  let at = from;
  let state = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    let slot = state * STEPS_OF_A_STATE + (byte >> 4);
    let step = STEP[slot];
    if (step >= EMIT) {
      if (step >= FAIL) return -1;
      out[at++] = SYMBOL[slot];
    }
    slot = (step & 0xff) * STEPS_OF_A_STATE + (byte & 0x0f);
    step = STEP[slot];
    if (step >= EMIT) {
      if (step >= FAIL) return -1;
      out[at++] = SYMBOL[slot];
    }
    state = step & 0xff;
  }
  return ENDS[state] === 1 ? at : -1;
}
