// Which responses are compressed, and how.
import { z } from 'zod';
import { err, ok } from '../../core/result.ts';
import { count, size, text } from '../../core/settings.ts';
import { bytes } from '../../core/units.ts';

/** A media type, or `type/*`. Lower-case, without parameters. */
const contentType = text<string>({
  type: 'media type',
  expected: 'type/subtype or type/*',
  parse(value) {
    const essence = (value.split(';')[0] ?? '').trim().toLowerCase();
    const isType = /^[a-z0-9!#$&^_.+-]+\/([a-z0-9!#$&^_.+-]+|\*)$/.test(essence);
    return isType ? ok(essence) : err({ message: '{value} is not a media type' });
  },
});

export const options = z.strictObject({
  level: count({ min: 1, max: 9 }).meta({ description: 'From fastest (1) to smallest (9).' }),
  min_bytes: size({ min: bytes(0), max: bytes(1024 * 1024) }).meta({
    description: 'Bodies known to be smaller are left alone.',
  }),
  content_types: z.array(contentType).meta({
    description: 'Media types that are compressed; `type/*` for a whole family. Parameters are ignored.',
  }),
});

export type CompressionOptions = z.output<typeof options>;
