// Texts of a configuration, as operators send them.
import { z } from 'zod';

const files = z
  .array(
    z.object({
      file: z.exactOptional(z.string()).describe('As `GET /config` names it; absent: the main one.'),
      text: z.string().describe('`***` stands for what it stood for in the text of `GET /config`, at the same place.'),
    }),
  )
  .min(1)
  .max(100);

export const configInput = z
  .object({
    text: z.exactOptional(z.string()).describe('That of the main file, if there is no other.'),
    files: z.exactOptional(files).describe('Files that are read in the place of those on disk.'),
  })
  .refine((one) => (one.text === undefined) !== (one.files === undefined), {
    error: 'expected "files", or "text" for the main file alone',
  });
