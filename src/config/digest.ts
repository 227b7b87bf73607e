// Digests by which secrets are known without being kept.
import { createHash } from 'node:crypto';

/** SHA-256, in hexadecimal. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
