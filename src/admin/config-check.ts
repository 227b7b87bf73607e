// POST /config/check
import type { z } from 'zod';
import { BUSY, NO_FILE } from './config.ts';
import type { AdminEndpoint } from './contract.ts';
import type { PostedFile } from './reload-control.ts';
import { json } from './json.ts';
import { configInput } from './shapes/config-texts.ts';

export const checkConfig = {
  path: '/config/check',
  method: 'POST',
  summary:
    'What is wrong with texts, with files, lines and columns, and what they would change if they were in force. Nothing is changed, and no program is run: a configuration that is a program is refused.',
  access: 'operator',
  scope: 'admin',
  onlyLooks: true,
  input: configInput,
  output: async () => (await import('./shapes/configuration.ts')).checkAnswer,
  async answer({ input }, { configuration }) {
    if (configuration === null) return NO_FILE;
    if (configuration.isBusy) return BUSY;
    const outcome = await configuration.check(postedFiles(configInput.parse(input)));
    if (outcome.kind === 'impossible') return json(409, { error: outcome.reason });
    return json(200, { ...NOTHING, valid: outcome.kind === 'would_reload', ...outcome });
  },
} as const satisfies AdminEndpoint;

/** What an outcome says where it says nothing. */
export const NOTHING = { added: [], changed: [], removed: [], changes: [], quarantined: [], problems: [] };

export function postedFiles({ text, files }: z.output<typeof configInput>): readonly PostedFile[] {
  if (text !== undefined) return [{ file: null, text }];
  return files?.map(({ file = null, text: one }) => ({ file, text: one })) ?? [];
}
