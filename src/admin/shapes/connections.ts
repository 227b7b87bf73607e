// Connections from clients, as the admin API tells of them.
import { z } from 'zod';
import { count } from './common.ts';

const door = z
  .object({
    address: z.string(),
    open: count,
    handshaking: count.describe('Of these, how many have not finished their TLS handshake.'),
    accepted: count.describe('This and the rest: since the start.'),
    refused: z
      .object({ connections: count, connections_per_client: count, descriptors: count, handshakes: count })
      .describe('By the limit that they would have gone beyond.'),
    handshakes_late: count,
    handshakes_failed: count,
    ended: z.object({ h2_limits: count }),
    reset_before_accept: count,
  })
  .meta({ id: 'ListenerConnections' });

export const connectionsAnswer = z.object({ listeners: z.array(door) });
