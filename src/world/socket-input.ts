// What the kernel knows of what has come over a socket, and tells its peer (TCP_INFO, TCP_QUICKACK, FIONREAD: tcp(7), ioctl(2)).
import { descriptorOf, socketOptions } from './socket-options.ts';

const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const TCP_QUICKACK = 12;
// The first byte of the answer is the state of the connection.
const STATE = 0xff;
const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
const FIONREAD = 0x541b;

/** True if the kernel has received a FIN and we have not sent ours, or a reset. */
export function peerHasEnded(socket: object): boolean {
  const options = socketOptions();
  const fd = descriptorOf(socket);
  if (options === null || fd === null) return false;
  const state = options.get(fd, IPPROTO_TCP, TCP_INFO) & STATE;
  return state === TCP_CLOSE_WAIT || state === TCP_CLOSE;
}

/** True if the kernel has received bytes that nobody has read. */
export function hasUnread(socket: object): boolean {
  const options = socketOptions();
  const fd = descriptorOf(socket);
  return options !== null && fd !== null && (options.ask(fd, FIONREAD) ?? 0) > 0;
}

/** Acknowledges what has come. Otherwise the kernel waits up to 40 ms for an answer that may take the acknowledgement along; a
 * peer that gathers what it sends (Nagle) sends nothing meanwhile. */
export function acknowledge(socket: object): void {
  const fd = descriptorOf(socket);
  if (fd !== null) socketOptions()?.set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}
