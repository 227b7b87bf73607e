// When an authority wants a certificate to be renewed (RFC 9773).
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { RenewalAdvice } from './contract.ts';
import { type Element, TAG, elementsIn } from './der.ts';

const AUTHORITY_KEY_IDENTIFIER = Buffer.from([0x55, 0x1d, 0x23]); // 2.5.29.35
const KEY_IDENTIFIER = 0x80;
const EXTENSIONS = 0xa3;

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const renewalDocument = z.object({ suggestedWindow: z.object({ start: time, end: time }) });

// Where the authority does not say, or says what would be never or all the time.
const SIX_HOURS = 6 * 3_600_000;
const LEAST = 60_000;
const MOST = 86_400_000;

/** What authorities know a certificate by (RFC 9773 4.1); null: it has no authority key identifier. `pem`: the certificate. */
export function renewalId(pem: string): string | null {
  const { raw, serialNumber } = new X509Certificate(pem);
  const authority = authorityKey(Buffer.from(raw));
  if (authority === null) return null;
  const serial = Buffer.from(serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`, 'hex');
  const signed = (serial[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  return `${authority.toString('base64url')}.${signed.toString('base64url')}`;
}

/** Null: it is no such document. `askAgain`: what `Retry-After` has said, in milliseconds since 1970; null: nothing. */
export function readAdvice(body: unknown, askAgain: number | null, now: number): RenewalAdvice | null {
  const read = renewalDocument.safeParse(body);
  if (!read.success) return null;
  const { start, end } = read.data.suggestedWindow;
  if (end <= start) return null;
  return { start, end, askAgain: Math.min(Math.max(askAgain ?? now + SIX_HOURS, now + LEAST), now + MOST) };
}

function authorityKey(certificate: Buffer): Buffer | null {
  const [body] = within(elementsIn(certificate)?.[0]);
  const extensions = within(body).find(({ tag }) => tag === EXTENSIONS);
  for (const extension of within(within(extensions)[0])) {
    const parts = within(extension);
    const value = parts.at(-1);
    if (parts[0]?.content.equals(AUTHORITY_KEY_IDENTIFIER) !== true || value?.tag !== TAG.octetString) continue;
    return within(within(value)[0]).find(({ tag }) => tag === KEY_IDENTIFIER)?.content ?? null;
  }
  return null;
}

function within(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : (elementsIn(element.content) ?? []);
}
