// The contract of admin endpoints.
import type { Operator } from '../core/observer.ts';
import type { z } from 'zod';
import type { LocalAnswer } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import type { AdminSources } from './sources.ts';

/** What a token allows: to look; to take backends out, drain them and the like as well; or everything. */
export type AdminScope = 'read' | 'operate' | 'admin';

/** What somebody may do. */
export type Rights = {
  readonly scope: AdminScope;
  /** Only these tenants may be seen and touched; null: all, and the gateway itself. */
  readonly tenants: readonly string[] | null;
};

/** A request for an endpoint. */
export type AdminCall = {
  readonly request: RequestView;
  /** For each `{name}` in the endpoint's path, the segment of this request. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body, as JSON; null: the endpoint takes none. It has the form that the endpoint wants. */
  readonly input: unknown;
};

/** A request of an operator. */
export type OperatorCall = AdminCall & {
  readonly operator: Operator;
  /** Whether the operator may see a tenant; null: what belongs to none. */
  sees(tenant: string | null): boolean;
  /** Those that the operator may see; null: all. */
  readonly tenants: readonly string[] | null;
};

/** Who logs in and out by a cookie. */
export interface SessionDoor {
  readonly asker: { readonly name: string | null; readonly rights: Rights } | null;
  /** The value of Set-Cookie, or why not. */
  logIn(token: string): { readonly cookie: string } | { readonly refusal: LocalResponse };
  /** The value of Set-Cookie that takes the cookie away. */
  logOut(): string;
}

/** A schema, or what gives it to whoever asks for a description of the API: to make all of them takes longer than the rest of
 * the start. */
export type Described<Schema extends z.ZodType> = Schema | (() => Schema | Promise<Schema>);

/** One entry of the registry. */
export type AdminEndpoint = {
  /** Below the admin base path; starts with a slash. `{name}` stands for one segment. */
  readonly path: string;
  /** A GET endpoint answers HEAD, too. Others change something. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** One sentence for the reference. */
  readonly summary: string;
  /** What a token must allow. Absent: `read` for GET, `operate` for others. */
  readonly scope?: AdminScope;
  /** How tokens for certain tenants are kept to them. `path`: the tenant is named by `{tenant}` or `{name}` of the path, and the
   * handler refuses another one; that is so where the path has `{tenant}`. `filter`: the endpoint asks `call.sees` about all
   * that it shows. `everybody`: it shows nothing of any tenant. `none`, as a rule: such tokens are refused. */
  readonly tenants?: 'path' | 'filter' | 'everybody' | 'none';
  /** Nothing is changed, whatever the method is: it may be asked where nobody may change anything, and is not in the audit log. */
  readonly onlyLooks?: true;
  /** Parameters of the query, as they are when they have been read. */
  readonly parameters?: Described<z.ZodObject>;
  /** What the body must be; absent: it takes none. Endpoints with a body are served at the admin API's own address only. */
  readonly input?: Described<z.ZodType>;
  /** What a good answer is, or of a stream the data of each event; absent: no JSON. */
  readonly output?: Described<z.ZodType>;
  /** Statuses besides 200 that such an answer comes with. */
  readonly otherStatuses?: readonly number[];
  /** What a good answer is that is no JSON. */
  readonly media?: 'text/event-stream' | 'text/plain';
} & (
  | {
      /** Only with a token, or at the admin API's own address. */
      readonly access: 'operator';
      /** Streams are sent at the admin API's own address only. */
      answer(call: OperatorCall, sources: AdminSources): LocalAnswer | Promise<LocalAnswer>;
    }
  | {
      /** Every client may ask, as load balancers do. `isInside`: an operator asks, or somebody on this machine at the admin
       * API's own address. Null: the client is told nothing, and refused as elsewhere. */
      readonly access: 'public';
      answer(call: AdminCall, isInside: boolean, sources: AdminSources): LocalResponse | null;
    }
  | {
      /** Whoever reaches the admin API's own address: it tells nothing of the gateway. */
      readonly access: 'reachable';
      answer(call: AdminCall, sources: AdminSources): LocalResponse | Promise<LocalResponse>;
    }
  | {
      /** About who asks; at the admin API's own address only. */
      readonly access: 'session';
      answer(call: AdminCall, door: SessionDoor): LocalResponse;
    }
);
