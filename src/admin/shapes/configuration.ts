// The configuration in force, those before it, and what comes of a change.
import { z } from 'zod';
import { count, operator, problem, time } from './common.ts';

const names = z.array(z.string());

const quarantined = z
  .object({
    tenant: z
      .nullable(z.string())
      .describe('Null: the configuration does not tell, or it is a whole file whose tenants nobody knows.'),
    file: z.string(),
    serves: z.enum(['last_good', 'nothing']).describe('Which version of it is served.'),
    problems: z.array(problem),
  })
  .meta({ id: 'QuarantinedTenant', description: 'A tenant whose configuration is broken.' });

export const reloadAnswer = z
  .object({
    kind: z
      .enum(['reloaded', 'would_reload', 'refused', 'failed', 'dropped'])
      .describe(
        '`dropped`: a later change has taken its place, or the gateway ends; `would_reload`: nothing was put in force, as nobody wanted that.',
      ),
    added: names.describe('Tenants that are new.'),
    changed: names,
    removed: names,
    changes: names.describe('What differs, in words.'),
    quarantined: z.array(quarantined),
    problems: z.array(problem).describe('What is wrong, or only warnings.'),
    reason: z.exactOptional(z.string()).describe('Why it `failed`.'),
  })
  .meta({ id: 'ReloadOutcome', description: 'What has come of reading the configuration again.' });

export const rollbackAnswer = reloadAnswer
  .extend({ version: z.nullable(z.int()).describe('Which one was meant; null: there is none.') })
  .meta({ id: 'RollbackOutcome', description: 'What has come of going back to an earlier configuration.' });

const difference = z.object({ file: z.string(), lines: z.string().describe('As a unified difference has them.') });

const differences = z.array(difference).describe('How the texts differ from those in force, without secrets.');

const inForce = {
  etag: z.nullable(z.string()).describe('The entity tag of what is in force; null: its texts are not known.'),
  version: z.nullable(z.int()).describe('Its number in the history; null: none is kept.'),
};

const readOnly = z.nullable(z.string()).describe('Why nobody can change it here; null: it can be tried.');

export const configAnswer = z
  .object({
    ...inForce,
    read_only: readOnly,
    strayed: z
      .array(z.string())
      .describe('Files that are on disk no longer what is in force, or that belong to the configuration only now.'),
    files: z
      .array(
        z.object({
          file: z.string(),
          text: z
            .nullable(z.string())
            .describe('With `***` for each secret; null: nobody can tell what of it is secret.'),
          parsed: z.unknown().describe('The text as JSON.'),
          read_only: readOnly,
        }),
      )
      .describe('The main file first.'),
  })
  .meta({ id: 'Configuration', description: 'The texts of the configuration in force.' });

export const configDifferenceAnswer = z.object({
  ...inForce,
  read_only: readOnly,
  files: z
    .array(
      difference.extend({
        note: z.nullable(z.string()).describe('What cannot be told by lines, such as that the file is gone.'),
      }),
    )
    .describe('Those that are on disk no longer what is in force.'),
});

export const checkAnswer = reloadAnswer
  .extend({ valid: z.boolean().describe('It could be put in force.'), differences })
  .meta({ id: 'CheckOutcome', description: 'What is wrong with texts, and what they would change.' });

export const applyAnswer = reloadAnswer
  .extend(inForce)
  .meta({ id: 'AppliedConfiguration', description: 'What has come of putting texts in force.' });

const version = z
  .object({
    number: z.int(),
    at: time,
    source: z.string().describe('What it came by: `start`, `signal`, `watch`, `admin` or `rollback`.'),
    operator: z.nullable(operator),
    of: z.nullable(z.int()).describe('The version that it repeats; null: it came from its file.'),
    file: z.string(),
    tenants: count,
    quarantined: count.describe('Of its tenants, those that were broken.'),
    changes: names,
    texts: z.string().describe('The file with its texts.'),
  })
  .meta({ id: 'ConfigVersion', description: 'A configuration that was in force.' });

export const historyAnswer = z.object({
  directory: z.nullable(z.string()).describe('Where the texts are; null: none are kept.'),
  current: z.nullable(z.int()).describe('The number of the one in force; null: it could not be kept.'),
  versions: z.array(version).describe('Oldest first.'),
});

export const upgradeAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('upgraded'), pid: z.int(), version: z.string() }),
  z.object({ kind: z.literal('failed'), reason: z.string().describe('The old program goes on.') }),
]);

const fact = z
  .object({
    setting: z.string(),
    shown: z.string().describe('Its value for people; never a secret.'),
    items: z.exactOptional(names).describe('Where it is a list.'),
  })
  .meta({ id: 'Setting', description: 'What one setting is.' });

export const planAnswer = z.object({
  settings: z.array(fact),
  tenants: z.array(z.tuple([z.string(), z.string()])).describe('Names and fingerprints.'),
});

export const tenantPlanAnswer = z.object({
  name: z.string(),
  fingerprint: z.string(),
  own: z.array(fact),
  services: z.record(z.string(), z.array(fact)),
});

export const recentAnswer = z.object({
  requests: z.array(
    z.object({
      method: z.string(),
      host: z.string(),
      path: z.string(),
      tenant: z.nullable(z.string()),
      listener: z.nullable(z.string()).describe('One that its tenant is served on alone; null: any.'),
    }),
  ),
});
