// All families of cases, in the order in which a message passes through the gateway.
import type { CaseFamily, WireCase } from '../case.ts';
import { requestChunks } from './request-chunks.ts';
import { requestCoding } from './request-coding.ts';
import { requestExpect } from './request-expect.ts';
import { requestFields } from './request-fields.ts';
import { requestHops } from './request-hops.ts';
import { requestHost } from './request-host.ts';
import { requestIdentity } from './request-identity.ts';
import { requestLength } from './request-length.ts';
import { requestLimits } from './request-limits.ts';
import { requestLine } from './request-line.ts';
import { requestMethods } from './request-methods.ts';
import { requestPersistence } from './request-persistence.ts';
import { requestTargets } from './request-targets.ts';
import { requestTrace } from './request-trace.ts';
import { requestTrailers } from './request-trailers.ts';
import { responseChunks } from './response-chunks.ts';
import { responseFraming } from './response-framing.ts';
import { responseInterim } from './response-interim.ts';
import { responseStart } from './response-start.ts';
import { upgrade } from './upgrade.ts';

export const families: readonly CaseFamily[] = [
  requestLine,
  requestFields,
  requestHost,
  requestTargets,
  requestLength,
  requestCoding,
  requestChunks,
  requestTrailers,
  requestLimits,
  requestHops,
  requestIdentity,
  requestMethods,
  requestTrace,
  requestExpect,
  requestPersistence,
  upgrade,
  responseStart,
  responseFraming,
  responseChunks,
  responseInterim,
];

export const allCases: readonly WireCase[] = families.flatMap(({ cases }) => cases);
