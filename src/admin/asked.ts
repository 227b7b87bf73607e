// A request to the admin API, with what it is answered by.
import type { z } from 'zod';
import type { LocalBody } from '../message/local-handler.ts';
import type { RequestView } from '../message/request-view.ts';
import type { AdminPlan } from '../plan/plan.ts';
import type { AccessControl, Entrance } from './access.ts';
import type { AuditLog } from './audit-log.ts';
import type { AdminEndpoint, Described } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { type Input, inputOf } from './input.ts';
import { json } from './json.ts';

export type AdminTools = {
  /** What is in force: a reload may change it. */
  readonly options: () => AdminPlan;
  readonly sources: AdminSources;
  readonly access: AccessControl;
  /** Who has changed what. */
  readonly audit: AuditLog;
};

export type Asked = {
  readonly request: RequestView;
  readonly body: LocalBody;
  readonly entrance: Entrance;
  readonly tools: AdminTools;
};

export type EndpointOf<Kind extends AdminEndpoint['access']> = Extract<AdminEndpoint, { readonly access: Kind }>;

export const ELSEWHERE = json(421, { error: 'this is served at the address that the admin API has for itself only' });

/** The body as the endpoint wants it. To be called at once: later the beginning of the body would be lost, and so would the
 * request, which is kept. */
export function readInput(schema: Described<z.ZodType>, { request, body, tools }: Asked): Promise<Input> {
  request.outlive();
  return inputOf(schema, body, tools.options().maxBody);
}
