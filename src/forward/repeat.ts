// Sends a copy of a request on from the place of the policy that wants it. Nobody waits for its answer.
import type { DownstreamEvents, Downstream, ClientFacts } from '../message/contract.ts';
import type { Millis } from '../core/units.ts';
import { BODY_NONE, type Head, duplicateHead } from '../message/head.ts';
import type { BreakOff, PolicyRequest } from '../policies/contract.ts';
import { Nobody } from './nobody.ts';
import type { RequestJob } from './request-job.ts';
import type { Tenant } from './snapshot.ts';
import type { PolicySteps } from './steps.ts';
import type { TenantPlace } from './tenant-place.ts';
import type { Times } from './times.ts';
import type { TracePart } from './trace-part.ts';
import type { Upload } from './upload.ts';

/** An exchange, as it is copied and as it becomes a copy. */
export interface Repeatable extends DownstreamEvents {
  head: Head;
  tenant: Tenant | null;
  strip: number;
  readonly client: ClientFacts;
  readonly steps: PolicySteps;
  readonly upload: Upload;
  readonly times: Times;
  readonly tracePart: TracePart;
  readonly job: RequestJob;
  readonly place: TenantPlace;
  begin(downstream: Downstream): void;
  admit(tenant: Tenant, now: Millis): void;
}

/** Where exchanges come from, and go when they are over. */
export type RepeatHome<Own extends Repeatable> = { acquire(): Own; give(exchange: Own): void };

/** Null: the request has a body, is for another protocol, or its tenant has all that it may have. */
export function repeatRequest<Own extends Repeatable>(
  { head, client, tenant, strip, steps, tracePart }: Own,
  home: RepeatHome<Own>,
  begin: (copy: PolicyRequest) => void,
): BreakOff | null {
  if (tenant === null || head.framing !== BODY_NONE || head.isUpgrade) return null;
  const copy = home.acquire();
  if (!copy.place.takes(tenant)) {
    home.give(copy);
    return null;
  }
  const nobody = new Nobody(copy, client);
  copy.begin(nobody);
  copy.head = duplicateHead(head);
  copy.tenant = tenant;
  copy.strip = strip;
  copy.tracePart.copies(tracePart);
  copy.upload.begin(true);
  copy.job.beginFor(tenant.share);
  if (copy.steps.askOn(tenant, steps, begin) === 'passed') copy.admit(copy.tenant, copy.times.begun);
  return () => nobody.leave();
}
