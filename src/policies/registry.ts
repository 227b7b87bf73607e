// All kinds of policies. A new one is a file beside this one and a line here.
import { compression } from './compression/compression.ts';

export const policies = [compression] as const;
