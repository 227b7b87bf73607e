// What is typed after a command, and what is said when it is not understood.
import { describe, expect, test } from 'bun:test';
import type { Command } from '../../src/cli/contract.ts';
import { fileProblem } from '../../src/config/problems.ts';
import { IS_MISSING } from '../../src/config/read-file.ts';
import { problemList } from '../../src/cli/problem-list.ts';
import { besideState } from '../../src/cli/status/state.ts';
import { asksToRun } from '../../src/cli/dispatch.ts';
import { parseWords } from '../../src/cli/words.ts';
import { parseConfig } from '../../src/config/parse.ts';

const command: Command = {
  name: 'run',
  summary: '',
  operands: '[url]',
  options: [
    { name: 'config', short: 'c', value: 'FILE', summary: '' },
    { name: 'addr', short: 'a', value: 'HOST:PORT', summary: '' },
    { name: 'header', short: 'H', value: '<field>', isList: true, summary: '' },
    { name: 'json', summary: '' },
  ],
  examples: [],
  run: () => Promise.resolve(0),
};

describe('the words after a command', () => {
  test.each<[readonly string[], Record<string, string | boolean>]>([
    [['--config', 'x'], { config: 'x' }],
    [['-config=x', '-addr', ':1'], { config: 'x', addr: ':1' }],
    [['-cx', '--json'], { config: 'x', json: true }],
    [['-cfile'], { config: 'file' }],
  ])('%j are read', (words, options) => {
    expect(parseWords(command, words)).toEqual({ options, lists: {}, positionals: [] });
  });

  test('may repeat an option that is a list', () => {
    expect(parseWords(command, ['-H', 'a: b', '--header', 'c: d', 'x'])).toEqual({
      options: {},
      lists: { header: ['a: b', 'c: d'] },
      positionals: ['x'],
    });
  });

  test.each([
    [['--confg', 'x'], 'there is no option --confg (did you mean --config?)'],
    [['-confg', 'x'], 'there is no option --confg (did you mean --config?)'],
    [['--colour'], 'there is no option --colour (it has --config, --addr, --header, --json)'],
    [['-x'], 'there is no option -x (it has --config, --addr, --header, --json)'],
    [['--config'], '--config needs a value: --config FILE'],
    [['--config', '--addr', ':1'], '--config needs a value: --config FILE'],
    [['-c'], '-c needs a value: -c FILE'],
    [['--json=1'], '--json takes no value'],
    [['a', 'b'], 'b is one word more than it takes'],
    [['a', 'k.yaml'], 'k.yaml is one word more than it takes (did you mean --config k.yaml?)'],
  ])('%j are refused in words of our own', (words, said) => {
    expect(parseWords(command, words)).toBe(said);
  });
});

describe('the problems of a file', () => {
  const text = 'gzip: on\ntenants:\n  - { name: "a b", domains: [a.test] }\nadmin: { tokens: [short-token] }\n';
  const parsed = parseConfig({ file: 'k.yaml', text, env: {} });
  const problems = parsed.ok ? [] : parsed.error;

  test('end with their count', () => {
    expect(problemList('k.yaml', problems, new Map()).trimEnd().split('\n').at(-1)).toBe('k.yaml: 3 problems');
    expect(problemList('k.yaml', problems.slice(0, 1), new Map())).toEndWith('\nk.yaml: 1 problem\n');
  });

  test('of one that is missing end with what to do', () => {
    const missing = [fileProblem('k.yaml', IS_MISSING)];
    expect(problemList('k.yaml', missing, new Map())).toMatch(/^k\.yaml: does not exist\n.*--config.*keystone init/);
    expect(problemList('other.yaml', missing, new Map())).toEndWith('\nother.yaml: 1 problem\n');
  });

  test('are counted with those that are not listed', () => {
    const noise = Array.from({ length: 130 }, (_, at) => `k${at}: 1`).join('\n');
    const many = parseConfig({ file: 'k.yaml', text: noise, env: {} });
    expect(problemList('k.yaml', many.ok ? [] : many.error, new Map())).toEndWith('\nk.yaml: 130 problems\n');
  });

  test('stand on a terminal with their line and a caret, but never with a line that may hold a secret', () => {
    const list = problemList('k.yaml', problems, new Map([['k.yaml', text.split('\n')]]));
    expect(list).toContain('\n    gzip: on\n    ^\n');
    expect(list).toContain('\n      - { name: "a b", domains: [a.test] }\n                ^\n');
    expect(list).not.toContain('short-token');
  });
});

test.each([
  ['unhealthy for 3s: connection refused', 'unhealthy', 'for 3s: connection refused'],
  ['draining: 2 requests left', 'draining', '2 requests left'],
  ['disabled by an operator 3s ago', 'disabled', 'by an operator 3s ago'],
  ['not probed yet', 'unknown', 'not probed yet'],
  ['disabled', 'disabled', 'disabled'],
])('%j beside %s is said once', (reason, state, said) => {
  expect(besideState(reason, state)).toBe(said);
});

describe('the words of a command line', () => {
  test.each([
    [['run'], true],
    [['run', '--help'], true],
    [['--config', 'keystone.yaml'], true],
    [['-c', 'keystone.yaml'], true],
    [[], false],
    [['--help'], false],
    [['-v'], false],
    [['status'], false],
  ] as const)('%j mean the command run: %p', (words, means) => {
    expect(asksToRun(words)).toBe(means);
  });
});
