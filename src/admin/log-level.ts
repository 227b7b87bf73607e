// GET /log-level and PUT /log-level?level=debug
import { logLevels } from '../core/log-settings.ts';
import type { AdminEndpoint } from './contract.ts';
import type { LogLevelReport } from './sources.ts';
import { json } from './json.ts';

const output = async () => (await import('./shapes/log-level.ts')).logLevelAnswer;

export const logLevel = {
  path: '/log-level',
  method: 'GET',
  summary: 'Which lines the log has: the level in force, and that of the configuration.',
  access: 'operator',
  scope: 'admin',
  output,
  answer: (_, { logLevel: control }) => json(200, asJson(control.report())),
} as const satisfies AdminEndpoint;

export const setLogLevel = {
  path: '/log-level',
  method: 'PUT',
  summary:
    'Has the log of all processes go by another level: `level=debug`, `info`, `warn` or `error`; `level=configured` brings back that of the configuration, and so do a restart, an upgrade, and a reload that changes it.',
  access: 'operator',
  scope: 'admin',
  parameters: async () => (await import('./shapes/log-level.ts')).wantedLevel,
  output,
  async answer({ query, operator }, { logLevel: control }) {
    const text = query.get('level') ?? '';
    const level = text === 'configured' ? null : logLevels.find((one) => one === text);
    if (level === undefined)
      return json(400, { error: 'level is not valid', expected: `${logLevels.join(', ')}, or configured` });
    return json(200, asJson(await control.set(level, operator)));
  },
} as const satisfies AdminEndpoint;

function asJson({ level, configured, changed }: LogLevelReport) {
  return {
    level,
    configured,
    changed: changed === null ? null : { ...changed, at: new Date(changed.at).toISOString() },
  };
}
