// The protocols of accepted sockets. A new one is a new file and one line here.
import { http1 } from './http1.ts';
import { http2 } from './http2.ts';

/** The first one serves plain sockets, and TLS clients that do not choose a protocol. */
export const protocols = [http1, http2] as const;
