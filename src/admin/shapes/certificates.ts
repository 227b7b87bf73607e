// Certificates, as the admin API tells of them.
import { z } from 'zod';
import { time } from './common.ts';

const certificate = z
  .object({
    file: z.string(),
    tenant: z.nullable(z.string()).describe('Whose it is; null: it is for all.'),
    source: z.enum(['file', 'acme']),
    problem: z.nullable(z.string()).describe('What is wrong; null: nothing.'),
    next_renewal: z.exactOptional(time).describe('When the gateway orders the next one; absent: it does not.'),
    names: z.array(z.string()).describe('The hosts that it is for.'),
    state: z.enum(['valid', 'expires_soon', 'expired', 'not_yet_valid', 'unusable']),
    issuer: z.exactOptional(z.string()).describe('This and the rest are absent where it is unusable.'),
    key: z.exactOptional(z.string()).describe('`ec` or `rsa`.'),
    fingerprint: z.exactOptional(z.string()).describe('SHA-256, in hexadecimal with colons.'),
    valid_from: z.exactOptional(time),
    expires: z.exactOptional(time),
    days_left: z.exactOptional(z.number()),
  })
  .meta({ id: 'Certificate' });

export const certificatesAnswer = z.object({ certificates: z.array(certificate) });
