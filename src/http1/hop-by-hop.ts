// Fields that apply to one connection only (RFC 9110 7.6.1), or did in older versions of HTTP; and Alt-Svc, by which an origin
// would lead clients past the gateway. Transfer-Encoding is not among them, because a chunked body is passed on with its
// framing.
import {
  ALT_SVC,
  CONNECTION,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  PROXY_CONNECTION,
  TE,
  TRAILER,
  UPGRADE,
} from '../message/field-names.ts';

export const HOP_BY_HOP: readonly number[] = [
  CONNECTION,
  KEEP_ALIVE,
  TE,
  TRAILER,
  UPGRADE,
  PROXY_CONNECTION,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  HTTP2_SETTINGS,
  ALT_SVC,
];
