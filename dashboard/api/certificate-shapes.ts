// What the pages know of certificates.
import type { Fields } from './fields.ts';

export type Certificate = {
  readonly names: readonly string[];
  readonly tenant: string | null;
  readonly issuer: string;
  readonly state: string;
  readonly daysLeft: number | null;
  readonly expires: string | null;
  readonly origin: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly problem: string | null;
};

export function readCertificate(fields: Fields): Certificate {
  return {
    names: fields.texts('names'),
    tenant: fields.maybeText('tenant'),
    issuer: fields.text('issuer'),
    state: fields.text('state'),
    daysLeft: fields.number('days_left'),
    expires: fields.maybeText('expires'),
    origin: fields.text('file'),
    key: fields.text('key'),
    fingerprint: fields.text('fingerprint'),
    problem: fields.maybeText('problem'),
  };
}
