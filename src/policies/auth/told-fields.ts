// Fields by which backends are told who a client is.
import { z } from 'zod';
import { defaulted, described } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { text } from '../../core/settings.ts';
import { type Edit, requestEdit, whyNoEdit } from '../../message/edits.ts';
import type { PolicyRequest } from '../contract.ts';

/** The name of such a field. */
export const toldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field that is not set by the gateway or by HTTP itself',
  parse(value) {
    const why = whyNoEdit('request', value);
    if (why !== null) return err({ message: `cannot be set: ${why}` });
    return /^(cookie|authorization)$/i.test(value)
      ? err({ message: '{value} is the own way of clients to say who they are' })
      : ok(value);
  },
});

/** `headers` of a policy: which field says what. */
export function toldHeaders<T extends z.ZodType>(
  what: T,
  description: string,
  preset: { readonly value: Readonly<Record<string, z.input<T>>>; readonly reason: string },
) {
  return defaulted(
    z.record(toldName, described(what, 'What it says.')).meta({ 'x-type': 'map of names to what they say' }),
    description,
    preset,
  );
}

/** The names of fields, as the guard of identities wants them. */
export function guarded(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}

/** The field; null: it cannot say that, since no field may have such a value, or there is nothing to say. */
export function toldField(name: string, value: string): Edit<'request'> | null {
  // As UTF-8, one character for each byte.
  const encoded = latin1Of(value).trim();
  return encoded === '' || whyNoEdit('request', name, encoded) !== null ? null : requestEdit.set(name, encoded);
}

export function addAll(request: PolicyRequest, edits: readonly Edit<'request'>[]): void {
  for (const edit of edits) request.requestEdits.add(edit);
}

const encoder = new TextEncoder();
const PRINTABLE = /^[\x20-\x7e]*$/;

function latin1Of(value: string): string {
  return PRINTABLE.test(value) ? value : String.fromCharCode(...encoder.encode(value.slice(0, 8192)));
}
