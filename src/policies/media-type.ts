// Media types in settings and in fields.
import { err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';

/** A media type, or `type/*`. Lower-case, without parameters. */
export const mediaType = text<string>({
  type: 'media type',
  expected: 'type/subtype or type/*',
  parse(value) {
    const essence = essenceOf(value);
    const isType = /^[a-z0-9!#$&^_.+-]+\/([a-z0-9!#$&^_.+-]+|\*)$/.test(essence);
    return isType ? ok(essence) : err({ message: '{value} is not a media type' });
  },
});

/** A media type in lower case and without parameters. */
export function essenceOf(value: string): string {
  return (value.split(';', 1)[0] ?? '').trim().toLowerCase();
}
