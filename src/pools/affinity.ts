// Keeps a client with its backend by a cookie. The cookie's value is a keyed hash of the backend, so that a client
// cannot choose another backend, and learns nothing of the one it has.
import { createHmac } from 'node:crypto';
import { type Edit, responseEdit } from '../message/edits.ts';
import type { Head } from '../message/head.ts';
import type { AffinityPlan } from '../plan/pool-plan.ts';
import type { Backend } from './backend.ts';
import { cookieOf } from './balance-key.ts';

type Cookies = { readonly plain: Edit<'response'>; readonly secure: Edit<'response'> };

// 144 bits: 24 characters, too many to guess.
const VALUE_BYTES = 18;

/** Which cookie means which backend, in one pool. */
export class Affinity {
  private byValue = new Map<string, Backend>();
  private cookies = new Map<Backend, Cookies>();

  /** `ownSecret` signs where the plan names no secret. */
  constructor(
    private readonly settings: AffinityPlan,
    private readonly ownSecret: string,
  ) {}

  update(members: readonly Backend[]): void {
    this.byValue = new Map(members.map((backend) => [this.valueOf(backend), backend]));
    this.cookies = new Map([...this.byValue].map(([value, backend]) => [backend, this.cookiesOf(value)]));
  }

  /** The backend that a request belongs to; null: it has no cookie, or one that means nothing here. */
  backendOf(head: Head): Backend | null {
    const value = cookieOf(head, this.settings.cookie);
    return value === null ? null : (this.byValue.get(value) ?? null);
  }

  /** The cookie that binds a client to a backend; null: it is none of the pool any more. */
  cookieFor(backend: Backend, isTls: boolean): Edit<'response'> | null {
    const cookies = this.cookies.get(backend);
    if (cookies === undefined) return null;
    return isTls ? cookies.secure : cookies.plain;
  }

  private valueOf({ options }: Backend): string {
    const { tenant, secret } = this.settings;
    const hash = createHmac('sha256', secret ?? this.ownSecret).update(
      JSON.stringify([tenant, options.name, options.url.safe]),
    );
    return hash.digest().subarray(0, VALUE_BYTES).toString('base64url');
  }

  private cookiesOf(value: string): Cookies {
    const { cookie, path, maxAge } = this.settings;
    const age = maxAge === null ? '' : `; Max-Age=${maxAge}`;
    const text = `${cookie}=${value}; Path=${path}${age}; HttpOnly; SameSite=Lax`;
    return {
      plain: responseEdit.append('Set-Cookie', text),
      secure: responseEdit.append('Set-Cookie', `${text}; Secure`),
    };
  }
}
