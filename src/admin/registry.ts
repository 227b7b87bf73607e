// All admin endpoints. A new one is a new file and one line here.
import { health } from './health.ts';
import { tenants } from './tenants.ts';

export const endpoints = [health, tenants] as const;
