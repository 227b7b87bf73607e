// GET /history
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const history = {
  path: '/history',
  method: 'GET',
  summary:
    'The latest 50 configurations that were in force, oldest first: when and by what each came (`start`, `signal`, `watch`, `admin`, `rollback`), and what it changed, in words. Their texts, which may hold secrets, are in `directory`.',
  access: 'operator',
  output: async () => (await import('./shapes/configuration.ts')).historyAnswer,
  answer(_, sources) {
    const { versions, ...rest } = sources.history();
    return json(200, { ...rest, versions: versions.map((one) => ({ ...one, at: new Date(one.at).toISOString() })) });
  },
} as const satisfies AdminEndpoint;
