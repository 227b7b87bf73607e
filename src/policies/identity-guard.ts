// Fields by which policies tell backends who a client is. What a client sends by such a name is removed, also where the policy has
// nothing to say about it: a backend would believe it.
import { TOKEN, latin1 } from '../message/bytes.ts';
import { type Edits, requestEdit } from '../message/edits.ts';
import type { Head } from '../message/head.ts';

const DASH = 0x2d;
// CGI and its successors make `_` of `-`, and some servers of whatever is neither a letter nor a digit.
const FOLDED = Uint8Array.from(TOKEN, (byte) => (byte === 0 || isLetterOrDigit(byte) ? byte : DASH));

export class IdentityGuard {
  /** By length, so that most fields are passed over at once. */
  private readonly byLength: (readonly Uint8Array[] | undefined)[] = [];

  /** `names`: in lower case. */
  constructor(names: readonly string[]) {
    for (const name of new Set(names)) {
      const folded = Uint8Array.from(name, (character) => FOLDED[character.charCodeAt(0)]);
      this.byLength[folded.length] = [...(this.byLength[folded.length] ?? []), folded];
    }
  }

  /** True if bytes[start, end) is such a name, in any spelling. */
  guards(bytes: Uint8Array, start: number, end: number): boolean {
    const names = this.byLength[end - start];
    return names !== undefined && isOneOf(names, bytes, start);
  }

  /** Removes such fields, in any spelling: `X_User`, `x.user`. */
  remove(head: Head, edits: Edits<'request'>): void {
    const { bytes, fields, count } = head;
    for (let f = 0; f < count; f++) {
      const start = fields[f * 4];
      const end = fields[f * 4 + 1];
      if (this.guards(bytes, start, end)) edits.add(requestEdit.remove(latin1(bytes, start, end)));
    }
  }
}

/** Several of them. A trailer comes after the rules of the request have run, so it must not speak for any route. */
export class IdentityGuards {
  constructor(private readonly all: readonly IdentityGuard[]) {}

  guards(bytes: Uint8Array, start: number, end: number): boolean {
    return this.all.some((guard) => guard.guards(bytes, start, end));
  }
}

function isOneOf(names: readonly Uint8Array[], bytes: Uint8Array, start: number): boolean {
  return names.some((name) => name.every((byte, at) => byte === FOLDED[bytes[start + at]]));
}

// TOKEN has lower case only.
function isLetterOrDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}
