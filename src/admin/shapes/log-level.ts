// The level of the log.
import { z } from 'zod';
import { logLevels } from '../../core/log-settings.ts';
import { operator, time } from './common.ts';

const level = z.enum(logLevels);

export const wantedLevel = z.object({ level: z.enum([...logLevels, 'configured']) });

export const logLevelAnswer = z
  .object({
    level: level.describe('In force.'),
    configured: level,
    changed: z
      .nullable(z.object({ by: operator, at: time }))
      .describe('Who has changed it, and when; null: that of the configuration is in force.'),
  })
  .meta({ id: 'LogLevel' });
