// HTTP/2 as a protocol of accepted sockets.
import { EMPTY } from '../message/bytes.ts';
import type { AcceptProtocol } from './contract.ts';
import { DownstreamH2 } from './h2/downstream-h2.ts';

export const http2: AcceptProtocol = {
  alpn: ['h2'],
  version: '2.0',
  accept: (socket, peer, tools) => new DownstreamH2(socket, peer, tools),
  // Before it has spoken, no client is known to speak it.
  refusal: () => EMPTY,
};
