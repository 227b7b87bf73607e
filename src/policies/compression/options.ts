// Which responses are compressed, and how.
import { z } from 'zod';
import { count, size } from '../../core/settings.ts';
import { bytes } from '../../core/units.ts';
import { mediaType } from '../media-type.ts';

export const options = z.strictObject({
  level: count({ min: 1, max: 9 }).meta({ description: 'From fastest (1) to smallest (9).' }),
  min_bytes: size({ min: bytes(0), max: bytes(1024 * 1024) }).meta({
    description: 'Bodies known to be smaller are left alone.',
  }),
  content_types: z.array(mediaType).meta({
    description: 'Media types that are compressed; `type/*` for a whole family. Parameters are ignored.',
  }),
});

export type CompressionOptions = z.output<typeof options>;
