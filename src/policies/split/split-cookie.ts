// A cookie with a name of the gateway's making, by which a client is known again. It is signed, so that nobody makes up names
// until one leads to the pool that he wants. It says nothing of the pool: shares may change, and the client keeps its cookie.
import { createHmac, timingSafeEqual } from 'node:crypto';

// 48 bits keep clients apart, and 96 are too many to guess.
const NAMES = 2 ** 48;
const NAME = /^([0-9a-z]{1,10})\.([A-Za-z0-9_-]{16})$/;
const SIGNATURE_BYTES = 12;

export class SplitCookie {
  constructor(
    private readonly secret: string,
    private readonly random: () => number,
  ) {}

  /** The name that a cookie's value holds; null: it was not made here. */
  read(value: string): string | null {
    const [, name, signature] = NAME.exec(value) ?? [];
    if (name === undefined || signature === undefined) return null;
    return timingSafeEqual(Buffer.from(signature), Buffer.from(this.sign(name))) ? name : null;
  }

  /** A new name, and the value that holds it. */
  make(): { readonly name: string; readonly value: string } {
    const name = Math.floor(this.random() * NAMES).toString(36);
    return { name, value: `${name}.${this.sign(name)}` };
  }

  private sign(name: string): string {
    const hash = createHmac('sha256', this.secret).update(`split ${name}`).digest();
    return hash.subarray(0, SIGNATURE_BYTES).toString('base64url');
  }
}
