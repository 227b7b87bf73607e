// The admin API of one gateway: its parts put together, and a handler for each of its entrances.
import { AccessControl, type Entrance } from '../admin/access.ts';
import { type AuditFilter, AuditLog } from '../admin/audit-log.ts';
import { createAdminHandler } from '../admin/handler.ts';
import { jsonBody } from '../admin/json.ts';
import { endpoints } from '../admin/registry.ts';
import { type Destination, SnapshotStore, routesAlone } from '../forward/snapshot.ts';
import type { ClientFacts } from '../message/contract.ts';
import { fieldValue } from '../message/field-value.ts';
import type { Head } from '../message/head.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { LineLimit } from '../observe/line-limit.ts';
import { Router } from '../route/router.ts';
import { type SourceTools, adminSources } from './admin-sources.ts';

const WRONG_TOKEN = { level: 'warn', message: 'a wrong token for the admin API', tenant: null, most: 1 } as const;

export type AdminApi = {
  /** As it is behind an entrance; all of them share what they know and what they limit. */
  readonly behind: (entrance: Entrance) => LocalHandler;
  /** Whether the client of a tenant is an operator. */
  readonly isOperator: (head: Head, client: ClientFacts) => boolean;
};

/** The API where another process answers: `forward` asks it. Who is an operator is decided here, so that no client has to
 * wait for that. */
export function forwardedAdminApi(forward: LocalHandler, tools: AccessSources, lines: LineLimit): AdminApi {
  return { behind: () => forward, isOperator: operatorTest(accessOf(tools, lines), tools) };
}

type AccessSources = Pick<SourceTools, 'options' | 'pace'>;

function accessOf({ pace }: AccessSources, lines: LineLimit): AccessControl {
  return new AccessControl({
    now: pace.clock.now,
    reportWrongToken: ({ address, entrance }) => lines.write(WRONG_TOKEN, () => ({ address, entrance })),
  });
}

function operatorTest(access: AccessControl, { options }: AccessSources): AdminApi['isOperator'] {
  return (head, { address }) => access.knows(fieldValue(head, 'authorization'), address, options().tokens);
}

export function adminApiOf(tools: SourceTools, lines: LineLimit): AdminApi {
  const { options } = tools;
  const { now, wall } = tools.pace.clock;
  const audit = new AuditLog({ now, wall, store: tools.audit });
  const sources = {
    ...adminSources(tools),
    audit: (filter: AuditFilter) => audit.find(filter),
    description: once(describeApi),
  };
  const access = accessOf(tools, lines);
  return {
    behind: (entrance) => createAdminHandler(entrance, { options, sources, access, audit }),
    isOperator: operatorTest(access, tools),
  };
}

async function describeApi(): Promise<Uint8Array> {
  const { openApiOf } = await import('../admin/openapi.ts');
  return jsonBody(await openApiOf(endpoints));
}

// It takes some 70 ms, and is always the same.
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | null = null;
  return () => (made ??= make());
}

/** Routes that all lead to one handler. */
export function storeOf(handler: LocalHandler): SnapshotStore {
  const router = new Router<Destination>(1);
  router.add({ host: null, prefix: '/', path: null }, { kind: 'local', handler, allowsTrace: false });
  return new SnapshotStore(routesAlone(router), 'admin');
}
