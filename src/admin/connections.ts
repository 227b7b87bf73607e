// GET /connections: the connections from clients, and those that the gateway did not keep.
import type { DoorReport } from '../listen/door-counts.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const connections = {
  path: '/connections',
  summary: 'The connections from clients to each listener, and how many were not kept, by reason.',
  method: 'GET',
  access: 'operator',
  output: async () => (await import('./shapes/connections.ts')).connectionsAnswer,
  answer: (_call, sources) => json(200, { listeners: sources.doors().map(described) }),
} as const satisfies AdminEndpoint;

function described({ address, open, handshaking, counts }: DoorReport) {
  return {
    address,
    open,
    handshaking,
    accepted: counts.accepted,
    refused: {
      connections: counts.beyondConnections,
      connections_per_client: counts.beyondClient,
      descriptors: counts.beyondDescriptors,
      handshakes: counts.beyondHandshakes,
    },
    handshakes_late: counts.handshakesLate,
    handshakes_failed: counts.handshakesFailed,
    ended: { h2_limits: counts.beyondH2 },
    reset_before_accept: counts.reset,
  };
}
