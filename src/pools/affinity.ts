// A client that stays with its backend by a cookie. Its value is a keyed hash of the backend, so that nobody can name one
// that was not given to them, and nothing can be read from it.
import { createHmac } from 'node:crypto';
import { EMPTY, ascii } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from './backend.ts';
import { cookieOf } from './balance-key.ts';
import type { AffinitySettings } from './pool-options.ts';

type Lines = { readonly plain: Uint8Array; readonly secure: Uint8Array };

// 144 bits: 24 characters, and no guess will do.
const VALUE_BYTES = 18;

/** Which cookie means which backend, in one pool. */
export class Affinity {
  private byValue = new Map<string, Backend>();
  private lines = new Map<Backend, Lines>();

  constructor(private readonly settings: AffinitySettings) {}

  update(members: readonly Backend[]): void {
    this.byValue = new Map(members.map((backend) => [this.valueOf(backend), backend]));
    this.lines = new Map([...this.byValue].map(([value, backend]) => [backend, this.linesOf(value)]));
  }

  /** The backend that a request belongs to; null: it has no cookie, or one that means nothing here. */
  backendOf(head: Head): Backend | null {
    const value = cookieOf(head, this.settings.cookie);
    return value === null ? null : (this.byValue.get(value) ?? null);
  }

  /** The field that binds a client to a backend. */
  lineFor(backend: Backend, isTls: boolean): Uint8Array {
    const lines = this.lines.get(backend);
    if (lines === undefined) return EMPTY;
    return isTls ? lines.secure : lines.plain;
  }

  private valueOf({ options }: Backend): string {
    const { tenant, secret } = this.settings;
    const hash = createHmac('sha256', secret).update(JSON.stringify([tenant, options.name, options.url.safe]));
    return hash.digest().subarray(0, VALUE_BYTES).toString('base64url');
  }

  private linesOf(value: string): Lines {
    const { cookie, path, maxAge } = this.settings;
    const age = maxAge === null ? '' : `; Max-Age=${maxAge}`;
    const line = `Set-Cookie: ${cookie}=${value}; Path=${path}${age}; HttpOnly; SameSite=Lax`;
    return { plain: ascii(`${line}\r\n`), secure: ascii(`${line}; Secure\r\n`) };
  }
}
