// The lines that a client's requests get on their way to a backend that speaks HTTP/1.1.
import { EMPTY, ascii, join } from '../message/bytes.ts';
import type { ClientCertificate, ClientFacts, ForwardingClaims, TlsFacts } from '../message/contract.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import { NUMBER_DIGITS } from '../message/request-id.ts';
import { REQUEST_ID_NAME } from './id-line.ts';

// RFC 9110 7.6.3: Via names the version in which the request came.
const VIA_LINES = { '1.1': ascii('Via: 1.1 keystone\r\n'), '2.0': ascii('Via: 2.0 keystone\r\n') } as const;
const LOOP_NAME = ascii('CDN-Loop: ');
const LINE_END = ascii('\r\n');
const NO_NUMBER = ascii('0'.repeat(NUMBER_DIGITS));
export const FORWARDED_HOST_NAME = ascii('X-Forwarded-Host: ');
export const FORWARDED_PREFIX_NAME = ascii('X-Forwarded-Prefix: ');
export const FORWARDED_PORT_NAME = ascii('X-Forwarded-Port: ');
const PORT_LINES = { http: ascii('X-Forwarded-Port: 80\r\n'), https: ascii('X-Forwarded-Port: 443\r\n') } as const;
/** Where the number of the request begins in `lines`, counted from their end. */
export const NUMBER_FROM_END = NUMBER_DIGITS + LINE_END.length + FORWARDED_HOST_NAME.length;

/** Client facts with their lines. A client connection that speaks HTTP/1.1 makes one for all its requests; for other
 * clients `http1ClientOf` makes one when it is needed. */
export class Http1Client implements ClientFacts {
  readonly address: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly tls: TlsFacts | null;
  readonly version: ClientFacts['version'];
  readonly claims: ForwardingClaims | null;
  /** X-Forwarded-Port, for a host without a port. */
  readonly portLine: Uint8Array;
  /** EMPTY: Via is not sent. */
  readonly viaLine: Uint8Array;
  /** CDN-Loop; EMPTY: it is not sent. */
  readonly loopLine: Uint8Array;
  /** What proxies before have removed from the path; EMPTY: nothing is known of it. */
  readonly prefix: Uint8Array;
  /** lines[0, forwardedEnd): X-Forwarded-For, X-Forwarded-Proto, X-Real-IP, and the other claims of a trusted peer, or the
   * certificate that the client has shown. Behind them, for a client without claims, what else each of its requests gets: the
   * lines above, the id with zeros in the place of its number, and the name of X-Forwarded-Host. In one piece, since each
   * connection has it for as long as it is open. */
  readonly lines: Uint8Array;
  readonly forwardedEnd: number;

  constructor(facts: ClientFacts, { idPrefix, viaOnRequests, loopId }: OwnMarks) {
    this.address = facts.address;
    this.port = facts.port;
    this.isTls = facts.isTls;
    this.tls = facts.tls;
    this.version = facts.version;
    this.claims = facts.claims;
    this.portLine = PORT_LINES[facts.isTls ? 'https' : 'http'];
    this.viaLine = viaOnRequests ? VIA_LINES[facts.version] : EMPTY;
    this.loopLine = loopId === EMPTY ? EMPTY : loopLineOf(loopId);
    const prefix = facts.claims?.forwardedPrefix ?? '';
    this.prefix = prefix === '' ? EMPTY : Uint8Array.from(prefix, (c) => c.charCodeAt(0));
    const forwarded = forwardedLines(facts);
    this.forwardedEnd = forwarded.length;
    this.lines = facts.claims === null ? this.plainLines(forwarded, idPrefix) : forwarded;
  }

  private plainLines(forwarded: Uint8Array, idPrefix: Uint8Array): Uint8Array {
    const { viaLine, loopLine } = this;
    return join(forwarded, viaLine, loopLine, REQUEST_ID_NAME, idPrefix, NO_NUMBER, LINE_END, FORWARDED_HOST_NAME);
  }
}

// The gateway has one name.
const loopLines = new WeakMap<Uint8Array, Uint8Array>();

function loopLineOf(loopId: Uint8Array): Uint8Array {
  const known = loopLines.get(loopId);
  if (known !== undefined) return known;
  const line = join(LOOP_NAME, loopId, LINE_END);
  loopLines.set(loopId, line);
  return line;
}

/** The client with its lines; the same object if it has them already. */
export function http1ClientOf(client: ClientFacts, marks: OwnMarks): Http1Client {
  return client instanceof Http1Client ? client : new Http1Client(client, marks);
}

// Longer ones do not fit beside the largest head.
const LONGEST_CERTIFICATE = 8192;

function forwardedLines({ address, isTls, tls, claims }: ClientFacts): Uint8Array {
  if (claims === null) {
    const proto = isTls ? 'https' : 'http';
    const lines = `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: ${proto}\r\nX-Real-IP: ${address}\r\n`;
    return ascii(`${lines}${certificateLines(tls?.clientCertificate ?? null)}`);
  }
  const { forwardedFor, forwardedProto, forwardedHost, forwardedPort, forwarded, realIp } = claims;
  let text = `X-Forwarded-For: ${forwardedFor}\r\nX-Forwarded-Proto: ${forwardedProto}\r\nX-Real-IP: ${realIp}\r\n`;
  if (forwardedHost !== null) text += `X-Forwarded-Host: ${forwardedHost}\r\n`;
  if (forwardedPort !== null) text += `X-Forwarded-Port: ${forwardedPort}\r\n`;
  if (forwarded !== null) text += `Forwarded: ${forwarded}\r\n`;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

// RFC 9440 2.2 for the whole of it. What no known authority has issued says nothing of the client.
function certificateLines(certificate: ClientCertificate | null): string {
  if (certificate === null || !certificate.isTrusted) return '';
  const { encoded, fingerprint } = certificate;
  const whole = encoded.length > LONGEST_CERTIFICATE ? '' : `Client-Cert: :${encoded}:\r\n`;
  return `${whole}X-Client-Cert-Fingerprint: ${fingerprint.replaceAll(':', '').toLowerCase()}\r\n`;
}
