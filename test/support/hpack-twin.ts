// HPACK as plainly as RFC 7541 tells it, with strings and lists: an opinion to compare with.
import { STATIC_FIELDS } from '../../src/http2/hpack-static.ts';

export type Field = readonly [name: string, value: string];
/** How a field is written: kept in the table, not kept, or never to be kept. */
export type Form = 'kept' | 'plain' | 'never';

const FORMS = { kept: [0x40, 0x3f], plain: [0x00, 0x0f], never: [0x10, 0x0f] } as const;

/** One end's table. */
export class TwinTable {
  private entries: Field[] = [];
  limit = 4096;

  get(index: number): Field | undefined {
    return index < 1 ? undefined : [...STATIC_FIELDS, ...this.entries][index - 1];
  }

  indexOf([name, value]: Field): number {
    return [...STATIC_FIELDS, ...this.entries].findIndex(([n, v]) => n === name && v === value) + 1;
  }

  indexOfName(name: string): number {
    return [...STATIC_FIELDS, ...this.entries].findIndex(([n]) => n === name) + 1;
  }

  add(field: Field): void {
    this.entries.unshift(field);
    this.shrink();
  }

  resize(limit: number): void {
    this.limit = limit;
    this.shrink();
  }

  private shrink(): void {
    const size = (): number => this.entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.limit) this.entries.pop();
  }
}

export function twinInteger(pattern: number, mask: number, value: number): number[] {
  if (value < mask) return [pattern | value];
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** A string without Huffman's code. */
function twinText(text: string): number[] {
  return [...twinInteger(0, 0x7f, text.length), ...Array.from(text, (c) => c.charCodeAt(0))];
}

/** Writes a field in the given form; one that the table holds becomes its index when `kept`. */
export function twinEncode(table: TwinTable, field: Field, form: Form): number[] {
  const whole = table.indexOf(field);
  if (form === 'kept' && whole > 0) return twinInteger(0x80, 0x7f, whole);
  const [pattern, mask] = FORMS[form];
  const index = table.indexOfName(field[0]);
  if (form === 'kept') table.add(field);
  return [...twinInteger(pattern, mask, index), ...(index === 0 ? twinText(field[0]) : []), ...twinText(field[1])];
}

/** Reads a block that has no string in Huffman's code. */
export function twinDecode(table: TwinTable, block: Uint8Array): (readonly [...Field, Form])[] {
  const fields: (readonly [...Field, Form])[] = [];
  let at = 0;
  const integer = (mask: number): number => {
    let value = block[at++] & mask;
    if (value < mask) return value;
    for (let shift = 1; ; shift *= 128) {
      const byte = block[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    if (block[at] >= 128) throw new Error('in Huffman code');
    const size = integer(0x7f);
    at += size;
    return String.fromCharCode(...block.subarray(at - size, at));
  };
  const entry = (index: number): Field => {
    const field = table.get(index);
    if (field === undefined) throw new Error(`no entry ${index}`);
    return field;
  };
  while (at < block.length) {
    const byte = block[at];
    if (byte >= 0x80) fields.push([...entry(integer(0x7f)), 'kept']);
    else if (byte >= 0x20 && byte < 0x40) table.resize(integer(0x1f));
    else {
      const form: Form = byte >= 0x40 ? 'kept' : byte >= 0x10 ? 'never' : 'plain';
      const index = integer(FORMS[form][1]);
      const name = index === 0 ? text() : entry(index)[0];
      const value = text();
      if (form === 'kept') table.add([name, value]);
      fields.push([name, value, form]);
    }
  }
  return fields;
}
