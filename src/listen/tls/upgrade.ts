// Makes a TLS socket of an accepted one, with what its client has sent already. The runtime can do that, but its types and its
// documentation say nothing of it: no other file knows, and a test holds it.
import type { ServedCertificate } from '../../core/certificate-source.ts';
import type { AcceptedConnection } from '../contract.ts';
import type { AcceptHandlers, AcceptedSocket } from '../sockets.ts';
import type { SecureContext } from './secure-contexts.ts';

/** What a handshake is made with. */
export type Handshake = {
  readonly context: SecureContext;
  readonly asks: 'nobody' | NonNullable<ServedCertificate['clientAuth']>['mode'];
  /** The names of the protocols that are spoken, as ALPN has them on the wire. */
  readonly offered: Uint8Array;
  /** What has come from the client. */
  readonly begun: Uint8Array;
  /** The handshake may fail at once, before the call is over. */
  readonly owner: AcceptedConnection;
};

/** The socket that the connection goes on with. Of the plain one nothing concerns anybody any more. */
export function upgradeToTls(
  plain: AcceptedSocket,
  { context, asks, offered, begun, owner }: Handshake,
  handlers: AcceptHandlers,
): AcceptedSocket {
  const options = {
    isServer: true,
    initialData: begun,
    tls: {
      secureContext: context,
      ALPNProtocols: offered,
      requestCert: asks !== 'nobody',
      rejectUnauthorized: asks === 'require',
    },
    data: owner,
    socket: handlers,
  };
  const [, socket] = plain.upgradeTLS<AcceptedConnection | undefined>(options);
  return socket;
}
