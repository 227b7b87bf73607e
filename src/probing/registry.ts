// All health checks. A new one is a new file and one line here.
import { execCheck } from './exec-check.ts';
import { grpcCheck } from './grpc-check.ts';
import { httpCheck } from './http-check.ts';
import { tcpCheck } from './tcp-check.ts';

export const checks = [httpCheck, tcpCheck, grpcCheck, execCheck] as const;
