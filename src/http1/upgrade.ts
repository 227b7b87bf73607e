// Whether a request or response changes the protocol (RFC 9110 7.8).
import { TOKEN, SLASH, ascii, equalsLowered } from '../message/bytes.ts';
import { BODY_NONE, type Head } from '../message/head.ts';

const H2C = ascii('h2c');
const WEBSOCKET = ascii('websocket');

/** Decides for a complete head. An upgrade goes on only where nobody can misread what follows: HTTP/1.1, no body, one
 * protocol, and never h2c, which would lead past every rule (CVE-2026-88008). Otherwise the request is an ordinary one. */
export function decideUpgrade(head: Head): void {
  const { bytes, upgradeStart, upgradeEnd } = head;
  const mayUpgrade = head.wantsUpgrade && upgradeEnd > upgradeStart && head.minor === 1 && head.framing === BODY_NONE;
  if (!mayUpgrade || isNamed(head, H2C)) return;
  let i = upgradeStart;
  while (i < upgradeEnd && (TOKEN[bytes[i]] !== 0 || bytes[i] === SLASH)) i++;
  head.isUpgrade = i === upgradeEnd;
}

/** True if the upgrade is to WebSocket. */
export function isWebSocket(head: Head): boolean {
  return isNamed(head, WEBSOCKET);
}

function isNamed(head: Head, name: Uint8Array): boolean {
  return head.upgradeEnd - head.upgradeStart === name.length && equalsLowered(head.bytes, head.upgradeStart, name);
}
