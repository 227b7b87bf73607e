// PUT /config
import { z } from 'zod';
import { problemCount } from '../config/problems.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { NO_FILE } from './config.ts';
import { NOTHING, postedFiles } from './config-check.ts';
import type { AdminEndpoint } from './contract.ts';
import type { ApplyOutcome } from './reload-control.ts';
import { json } from './json.ts';
import { configInput } from './shapes/config-texts.ts';

export const applyConfig = {
  path: '/config',
  method: 'PUT',
  summary:
    'Checks texts, writes them to their files and puts them in force, all together, or does nothing of that. `If-Match` names what was changed, by the entity tag of `GET /config`: 428 without it, 412 where another configuration is in force by now, 409 where a file cannot be written or is on disk no longer what is in force, 422 with the problems of the texts. Files that are not sent stay as they are.',
  access: 'operator',
  scope: 'admin',
  parameters: () =>
    z.object({
      overwrite: z
        .exactOptional(z.boolean())
        .describe(
          'Files that are sent are replaced also where they are on disk no longer what is in force, as after a rollback.',
        ),
    }),
  input: configInput,
  output: async () => (await import('./shapes/configuration.ts')).applyAnswer,
  async answer({ input, request, query, operator }, { configuration }) {
    if (configuration === null) return NO_FILE;
    const tags = request.headers('if-match').flatMap((value) => value.split(',').map((tag) => tag.trim()));
    if (tags.length === 0) return json(428, { error: 'If-Match is missing', expected: 'the ETag of GET /config' });
    const files = postedFiles(configInput.parse(input));
    const replaces = query.get('overwrite') === 'true';
    return answerOf(await configuration.apply({ files, tags, replaces }, operator));
  },
} as const satisfies AdminEndpoint;

function answerOf(outcome: ApplyOutcome): LocalResponse {
  switch (outcome.kind) {
    case 'impossible':
      return json(409, { error: outcome.reason });
    case 'other_version':
      return json(412, { error: OTHER, etag: outcome.tag }, [['ETag', outcome.tag]]);
    case 'strayed':
      return json(409, {
        error: `${outcome.files.slice(0, MOST_NAMED).join(', ')} ${STRAYED}`,
        strayed: outcome.files,
      });
    case 'refused': {
      const count = problemCount(outcome.problems);
      const error = `the configuration that was sent has ${count === 1 ? 'a problem' : `${count} problems`}; the one in force and its files stay as they are`;
      return json(422, { error, ...NOTHING, ...outcome });
    }
    case 'failed':
    case 'dropped': {
      const reason = outcome.kind === 'failed' ? outcome.reason : 'another configuration has taken its place';
      return json(409, { error: `${reason}; all files are as they were`, ...NOTHING, ...outcome });
    }
    case 'reloaded':
    case 'would_reload': {
      const { tag = null, version = null, ...rest } = outcome;
      return json(200, { etag: tag, version, ...rest }, tag === null ? [] : [['ETag', tag]]);
    }
  }
}

const MOST_NAMED = 5;
const OTHER = 'another configuration is in force than the one that was changed: get it again, and change that';
const STRAYED =
  'on disk is no longer what is in force, so that nothing was written: reload to have the files in force, or replace what is sent with overwrite=true';
