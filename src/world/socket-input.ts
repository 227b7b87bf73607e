// What the kernel knows of what has come over a socket, and tells its peer (TCP_INFO, TCP_QUICKACK, tcp(7)).
import { descriptorOf, socketOptions } from './socket-options.ts';

const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const TCP_QUICKACK = 12;
// The first byte of the answer is the state of the connection.
const STATE = 0xff;
const TCP_CLOSE_WAIT = 8;

/** True if the kernel has received a FIN and we have not sent ours. */
export function peerHasEnded(socket: object): boolean {
  const options = socketOptions();
  const fd = descriptorOf(socket);
  return options !== null && fd !== null && (options.get(fd, IPPROTO_TCP, TCP_INFO) & STATE) === TCP_CLOSE_WAIT;
}

/** Acknowledges what has come. Otherwise the kernel waits up to 40 ms for an answer that may take the acknowledgement along; a
 * peer that gathers what it sends (Nagle) sends nothing meanwhile. */
export function acknowledge(socket: object): void {
  const fd = descriptorOf(socket);
  if (fd !== null) socketOptions()?.set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}
