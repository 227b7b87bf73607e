// A request and a response as a policy sees them, without an exchange.
import type { ClientFacts } from '../../src/message/contract.ts';
import { Edits } from '../../src/message/edits.ts';
import { fieldValue } from '../../src/message/field-value.ts';
import type { Head } from '../../src/message/head.ts';
import type { PolicyRequest, PolicyResponse } from '../../src/policies/contract.ts';

const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', claims: null };

export function policyRequest(head: Head): PolicyRequest {
  return {
    head,
    client: CLIENT,
    field: (name) => fieldValue(head, name),
    requestEdits: new Edits<'request'>(),
    responseEdits: new Edits<'response'>(),
  };
}

export function policyResponse(head: Head): PolicyResponse {
  return { head, field: (name) => fieldValue(head, name) };
}
