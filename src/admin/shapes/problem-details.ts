// The body of a refusal.
import { z } from 'zod';

export const problemDetails = z
  .object({
    type: z.string().describe('`about:blank`: the title says it.'),
    title: z.string().describe('The status in words.'),
    status: z.int(),
    detail: z.string().describe('Why, in a sentence for people.'),
    error: z.string().describe('The same, as earlier versions have it.'),
    expected: z.exactOptional(z.string()).describe('What would be right.'),
    tenants: z.exactOptional(z.array(z.string())).describe('Those that exist, where none has the name.'),
    backends: z.exactOptional(z.array(z.string())).describe('Those that exist, where none has the name.'),
  })
  .meta({ id: 'Problem', description: 'Why a request is refused (RFC 9457).' });
