// Which media types are compressed: asked for each response, so that it compares bytes and makes nothing.
import { SEMICOLON, SP, TAB, ascii, equalsLowered } from '../../message/bytes.ts';

const ALL_OF_A_FAMILY = '/*';

/** A list of media types; `type/*` stands for a family. */
export class MediaTypes {
  /** By length, so that most of the list is passed over at once. */
  private readonly byLength: (readonly Uint8Array[] | undefined)[] = [];
  /** Each with its slash. */
  private readonly families: readonly Uint8Array[];

  /** `types`: lower-case, without parameters. */
  constructor(types: readonly string[]) {
    const families = types.filter((type) => type.endsWith(ALL_OF_A_FAMILY));
    this.families = families.map((type) => ascii(type.slice(0, -1)));
    for (const type of types) this.byLength[type.length] = [...(this.byLength[type.length] ?? []), ascii(type)];
  }

  /** Whether the value of a Content-Type field, bytes[start, end), is among them. Its parameters are ignored. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    let last = start;
    while (last < end && bytes[last] !== SEMICOLON) last++;
    while (last > start && (bytes[last - 1] === SP || bytes[last - 1] === TAB)) last--;
    const length = last - start;
    const types = this.byLength[length];
    if (types !== undefined) for (const type of types) if (equalsLowered(bytes, start, type)) return true;
    for (const family of this.families) if (family.length <= length && equalsLowered(bytes, start, family)) return true;
    return false;
  }
}
