// What the gateway itself lacks to open a connection or to run a program: never evidence against a backend.

/** Files and sockets that it may have open; local ports for connections to one address; processes that it may start. */
export type Lacking = 'descriptors' | 'ports' | 'processes';

/** Something could not be tried at all, because the gateway is out of something. */
export class Shortage extends Error {
  constructor(readonly of: Lacking) {
    super(`the gateway is out of ${of}`);
  }
}
