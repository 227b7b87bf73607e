// Warns of logs whose folder does not exist. The gateway serves without them, so that it is no mistake: a folder that a restart
// of the machine has removed must not keep it from starting.
import { dirname } from 'node:path';
import type { AccessLogOutput } from '../core/access-log-settings.ts';
import type { LogPlace } from '../core/log-settings.ts';
import { resolveAccessLog, resolveTenantAccessLog } from './access-log.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import type { Config } from './schema.ts';

type Naming = { readonly path: Path; readonly file: string };

/** One warning for each folder, where it is named first. */
export async function missingLogFolders(config: Config, { lacksFolder }: ConfigFiles): Promise<readonly Finding[]> {
  if (lacksFolder === undefined) return [];
  const byFolder = new Map<string, Naming[]>();
  for (const naming of namingsIn(config)) {
    const folder = dirname(naming.file);
    const known = byFolder.get(folder);
    if (known === undefined) byFolder.set(folder, [naming]);
    else known.push(naming);
  }
  const findings: Finding[] = [];
  for (const [folder, [first, ...others]] of byFolder) {
    if (first === undefined || !(await lacksFolder(first.file))) continue;
    const more = others.length === 0 ? '' : ` (${others.length + 1} logs are to be in it)`;
    const message = `warning: there is no folder ${folder}${more}: nothing is logged there until somebody makes it, so that the user of the gateway may write in it`;
    findings.push({ path: first.path, message });
  }
  return findings;
}

function namingsIn({ log, access_log: all, tenants }: Config): readonly Naming[] {
  const usual = resolveAccessLog(all);
  return [
    ...fileAt(['log', 'output'], log.output),
    ...(usual === null ? [] : fileAt(['access_log', 'output'], usual.output)),
    ...tenants.flatMap(({ access_log: own }, at) => {
      const settings = own?.output === undefined ? 'usual' : resolveTenantAccessLog(all, own);
      if (settings === null || settings === 'usual') return [];
      return fileAt(['tenants', at, 'access_log', 'output'], settings.output);
    }),
  ];
}

function fileAt(path: Path, output: LogPlace | AccessLogOutput): readonly Naming[] {
  return output.kind === 'file' ? [{ path, file: output.path }] : [];
}
