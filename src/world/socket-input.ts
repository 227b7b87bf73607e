// Asks the kernel whether the peer of a socket has ended its sending half (TCP_INFO, tcp(7)).
import { descriptorOf, socketOptions } from './socket-options.ts';

const IPPROTO_TCP = 6;
const TCP_INFO = 11;
// The first byte of the answer is the state of the connection.
const STATE = 0xff;
const TCP_CLOSE_WAIT = 8;

/** True if the kernel has received a FIN and we have not sent ours. */
export function peerHasEnded(socket: object): boolean {
  const options = socketOptions();
  const fd = descriptorOf(socket);
  return options !== null && fd !== null && (options.get(fd, IPPROTO_TCP, TCP_INFO) & STATE) === TCP_CLOSE_WAIT;
}
