// The two forms of the log, and which lines it has.
import { describe, expect, test } from 'bun:test';
import { listed, tellProblem } from '../../src/cli/reloader.ts';
import { log as logSchema } from '../../src/config/log.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type LogSettings, logLevels } from '../../src/core/log-settings.ts';
import { ApplicationLog } from '../../src/observe/application-log.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function logOf(settings: Partial<LogSettings>) {
  const lines: string[] = [];
  const never = (): never => {
    throw new Error('the lines are taken');
  };
  const own = new ApplicationLog(
    { clock: new VirtualClock(), openSink: never, standard: never, taker: (line) => void lines.push(line) },
    { ...logSchema.parse({ format: 'text' }), ...settings },
  );
  return { own, log: own.write, lines };
}

/** As github.com/go-logfmt reads it: pairs of a bare key and a bare or quoted value. */
function readLogfmt(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = /^([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s="]*)(?: |$)/.exec(rest);
    if (match === null) throw new Error(`no logfmt: ${rest}`);
    const [whole, key = '', value = ''] = match;
    pairs[key] = value.startsWith('"') ? String(JSON.parse(value)) : value;
    rest = rest.slice(whole.length);
  }
  return pairs;
}

const FIELDS = { tenant: 'shop', count: 3, evidence: 'say "no", a=b\n\\ ü', empty: '' };

describe('the log', () => {
  test('as text is logfmt after time and level, whatever the values are', () => {
    const { log, lines } = logOf({});
    log('warn', 'backend unhealthy', FIELDS);
    expect(lines[0]).toStartWith('1970-01-01T00:00:00.000Z warn msg="backend unhealthy" tenant=shop count=3 ');
    expect(lines[0]?.match(/\n/g)).toHaveLength(1);
    const rest = (lines[0] ?? '').trimEnd().split(' ').slice(2).join(' ');
    expect(readLogfmt(rest)).toEqual({ msg: 'backend unhealthy', ...FIELDS, count: '3' });
  });

  test('as JSON is one object a line', () => {
    const { log, lines } = logOf({ format: 'json' });
    log('error', 'tenant_down', FIELDS);
    expect(lines[0]).toEndWith('}\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'error',
      msg: 'tenant_down',
      ...FIELDS,
    });
  });

  test.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at the level %s has the lines %j', (level, kept) => {
    const { log, lines } = logOf({ level, format: 'json' });
    for (const one of logLevels) log(one, one);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([...kept]);
  });
});

describe('of a reload', () => {
  test('the names of tenants are told, and of many the first', () => {
    const none = { added: [], changed: [], removed: [] };
    expect(listed(none)).toEqual({ added: 0, changed: 0, removed: 0 });
    expect(listed({ ...none, added: ['a', 'b'] })).toMatchObject({ added: 2, added_names: 'a, b', changed: 0 });
    const names = Array.from({ length: 5000 }, (_, at) => `t${at}`);
    expect(listed({ ...none, removed: names })).toMatchObject({
      removed: 5000,
      removed_names: 't0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 4990 more',
    });
  });

  test('problems are lines like all others', () => {
    const { log, lines } = logOf({});
    const parsed = parseConfig({ file: 'k.yaml', text: 'tenats: []\n', env: {} });
    if (parsed.ok) throw new Error('it has a problem');
    for (const problem of parsed.error) tellProblem(log, problem, 'error');
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z error msg="unknown key" at=k.yaml:1:1 setting=tenats suggestion=tenants\n',
    ]);
  });
});
