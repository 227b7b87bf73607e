// Health check by a program of the operator's own: its exit status decides.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { setting } from '../core/settings.ts';
import type { RunResult } from '../core/runner.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { excerptWithoutSecrets } from './excerpt.ts';
import { secretMap } from './secret-map.ts';

const word = setting<string, string>({
  type: 'text',
  expected: 'a text',
  json: { type: 'string' },
  parse(value) {
    if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
    return value.includes('\0') ? err({ message: 'has a NUL character' }) : ok(value);
  },
});

const environment = secretMap({
  key: {
    expected: 'a name such as PGPASSWORD',
    explain: (name) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'is not the name of an environment variable';
      return name.startsWith('KEYSTONE_') ? 'is a name that the gateway sets itself' : null;
    },
  },
  value: {
    expected: 'a text',
    explain: (value) => (value.includes('\0') ? 'has a NUL character' : null),
  },
});

const execCheckOptions = z.strictObject({
  command: z.array(word).min(1).meta({
    description:
      'The program (its path, or its name in PATH) and its arguments, one item each. No shell interprets them. The program is told its backend in the variables KEYSTONE_TENANT, KEYSTONE_BACKEND_NAME, KEYSTONE_BACKEND_HOST, KEYSTONE_BACKEND_PORT and KEYSTONE_BACKEND_TLS (`true` or `false`).',
  }),
  environment: environment.prefault({}).meta({
    description:
      'More variables for the program; their values are never shown. Of the gateway itself, it gets only PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR.',
    'x-reason': "the gateway's other variables may hold secrets that a check does not need.",
  }),
});

type ExecCheckOptions = z.output<typeof execCheckOptions>;

/** For backends whose protocol the gateway does not know. */
export const execCheck = {
  type: 'exec',
  asksByName: true,
  summary:
    'A program, run on this machine for every probe: exit status 0 is a success, and the first line of its output is shown with the result. At the timeout it is killed, with all programs that it has started. Needs `allow_exec_checks: true`.',
  options: execCheckOptions,
  probe: (options, target, tools) => probe(options, target, tools),
} as const satisfies CheckKind<ExecCheckOptions>;

async function probe(options: ExecCheckOptions, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  const ended = await tools.run({
    words: options.command,
    environment: {
      ...options.environment,
      KEYSTONE_TENANT: target.tenant,
      KEYSTONE_BACKEND_NAME: target.name,
      KEYSTONE_BACKEND_HOST: target.hostname,
      KEYSTONE_BACKEND_PORT: String(target.port),
      KEYSTONE_BACKEND_TLS: String(target.tls),
    },
    signal: tools.signal,
  });
  return judge(ended, Object.values(options.environment));
}

function judge(ended: RunResult, secrets: readonly string[]): ProbeResult {
  const excerpt = ended.kind === 'exited' ? excerptWithoutSecrets(firstLine(ended.output), secrets) : null;
  const passed = ended.kind === 'exited' && ended.code === 0;
  const line = excerpt === null ? '' : `: ${excerpt}`;
  return { passed, detail: `${describeEnd(ended)}${line}`, status: null, excerpt, advice: null };
}

function describeEnd(ended: RunResult): string {
  switch (ended.kind) {
    case 'exited':
      return `exit status ${ended.code}`;
    case 'killed':
      return `killed by ${ended.signal}`;
    case 'too_loud':
      return 'killed, because its output does not end';
    case 'failed':
      return `the program cannot be run (${ended.reason})`;
  }
}

function firstLine(output: string): string {
  return output.split('\n').find((line) => line.trim() !== '') ?? '';
}
