// The protocols of accepted sockets. A new one is a new file and one line here.
import { http1 } from './http1.ts';

/** The first one serves plain sockets, and clients that do not say what they speak. */
export const protocols = [http1] as const;
