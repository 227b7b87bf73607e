// What a configuration says of its admin API, whatever is wrong with the rest of it: for commands that look for the gateway.
import { combine } from './combine.ts';
import type { Environment } from './environment.ts';
import type { ConfigFiles } from './files.ts';
import { isMap, listOf, step } from './lenient.ts';
import type { Path } from './problems.ts';
import { readDocuments } from './read-documents.ts';
import { type Config, configSchema } from './schema.ts';

/** The settings that say where the admin API is, and what it is shown. */
export type AdminPart = Pick<Config, 'admin' | 'admin_base_path' | 'listeners' | 'tls'>;

const { admin: adminSchema } = configSchema.shape;
const publicPart = configSchema.pick({ admin_base_path: true, listeners: true, tls: true });

/** Null: it cannot be told for sure. Nobody guesses then, since a token may be sent there. */
export async function readAdminPart(file: string, env: Environment, files: ConfigFiles): Promise<AdminPart | null> {
  const { documents } = await readDocuments(file, env, files);
  const [main] = documents;
  const { root } = combine(documents);
  if (main === undefined || !isMap(root) || isMisspelt(root)) return null;
  const faults = main.converted.findings.map(({ path }) => path);
  const { admin: given = {} } = root;
  if (!isMap(given) || faults.some((path) => path[0] === 'admin' && path[1] !== 'tokens')) return null;
  const admin = adminSchema.safeParse({ ...given, tokens: soundTokens(given, faults) });
  if (!admin.success) return null;
  // An address of its own is all that is needed. Otherwise it is at one of the listeners.
  if (admin.data.address?.kind !== 'none') return { admin: admin.data, listeners: [] };
  const keys = Object.keys(publicPart.shape);
  if (faults.some(([key = '']) => keys.includes(String(key)))) return null;
  const rest = publicPart.safeParse(Object.fromEntries(keys.map((key) => [key, root[key]])));
  return rest.success ? { admin: admin.data, ...rest.data } : null;
}

// Without the section, a key that nobody knows may be meant for it.
function isMisspelt(root: Readonly<Record<string, unknown>>): boolean {
  return root['admin'] === undefined && Object.keys(root).some((key) => !(key in configSchema.shape));
}

function soundTokens(admin: unknown, faults: readonly Path[]): readonly unknown[] {
  const tokens = step(admin, 'tokens');
  const broken = new Set(faults.flatMap(([, key, at = 'all']) => (key === 'tokens' ? [at] : [])));
  if (broken.has('all')) return [];
  // One token may stand in the place of the list.
  const all = Array.isArray(tokens) ? listOf(tokens) : [tokens];
  return all.filter((one, at) => !broken.has(at) && adminSchema.safeParse({ tokens: [one] }).success);
}
