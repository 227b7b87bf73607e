// Decides whether a request or response changes the protocol (RFC 9110 7.8).
import { TOKEN, SLASH, ascii, equalsLowered } from '../message/bytes.ts';
import { BODY_LENGTH, BODY_NONE, type Head } from '../message/head.ts';

const REFUSED = ['h2c', 'http', 'tls'].map(ascii);
const WEBSOCKET = ascii('websocket');

/** Decides for a complete head. An upgrade is passed on only if gateway and backend cannot read what follows differently:
 * HTTP/1.1, no body or one of known length (`docker exec` sends one), one protocol. An upgrade to HTTP or TLS never is,
 * since requests inside would pass every rule (CVE-2026-88008). Without its upgrade, the request is an ordinary one. */
export function decideUpgrade(head: Head): void {
  const { bytes, upgradeStart, upgradeEnd } = head;
  const hasClearEnd = head.framing === BODY_NONE || head.framing === BODY_LENGTH;
  const mayUpgrade = head.wantsUpgrade && upgradeEnd > upgradeStart && head.minor === 1 && hasClearEnd;
  if (!mayUpgrade || REFUSED.some((name) => begins(head, name))) return;
  let i = upgradeStart;
  while (i < upgradeEnd && (TOKEN[bytes[i]] !== 0 || bytes[i] === SLASH)) i++;
  head.isUpgrade = i === upgradeEnd;
}

/** True if the upgrade is to WebSocket. */
export function isWebSocket(head: Head): boolean {
  return isNamed(head, WEBSOCKET);
}

function begins(head: Head, name: Uint8Array): boolean {
  return head.upgradeEnd - head.upgradeStart >= name.length && equalsLowered(head.bytes, head.upgradeStart, name);
}

function isNamed(head: Head, name: Uint8Array): boolean {
  return head.upgradeEnd - head.upgradeStart === name.length && equalsLowered(head.bytes, head.upgradeStart, name);
}
