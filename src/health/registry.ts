// All health checks. A new one is a new file and one line here.
import { httpCheck } from './http-check.ts';

export const checks = [httpCheck] as const;
