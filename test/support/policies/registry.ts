// The policies of the gateway, and those that tests add: a line for each.
import { policies as builtIn } from '../../../src/policies/registry.ts';
import { rateLimit } from './rate-limit.ts';

export const policies = [...builtIn, rateLimit] as const;
