// All kinds of policies. A new one is a file beside this one and a line here.
import { compression } from './compression/compression.ts';
import { headers } from './headers.ts';

/** Those that stand in lists of policies, by their types. */
export const listed = [headers] as const;

/** All of them. Compression has a key of its own. */
export const policies = [compression, ...listed] as const;
