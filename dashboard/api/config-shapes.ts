// What the pages know of configurations.
import type { Fields } from './fields.ts';

export type ConfigFile = { readonly file: string; readonly text: string };

export type Configuration = {
  readonly files: readonly ConfigFile[];
  /** What a change has to name, so that nobody overwrites another one's. */
  readonly etag: string | null;
};

export function readConfiguration(fields: Fields): Configuration {
  const listed = fields
    .list('files', (one) => ({ file: one.maybeText('file') ?? one.text('name'), text: one.text('text') }))
    .filter(({ file }) => file !== '');
  const named = [...fields.inner('files').entries(), ...fields.inner('texts').entries()].map(([file, text]) => ({
    file,
    text,
  }));
  const only = fields.has('text')
    ? [{ file: fields.maybeText('file') ?? 'keystone.yaml', text: fields.text('text') }]
    : [];
  return { files: [listed, named, only].find((found) => found.length > 0) ?? [], etag: fields.maybeText('etag') };
}

export type Problem = {
  readonly file: string;
  /** 0: the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly isWarning: boolean;
};

function readProblem(fields: Fields): Problem {
  const hint = fields.maybeText('hint') ?? fields.maybeText('suggestion');
  const expected = fields.maybeText('expected');
  const path = fields.text('path');
  const parts = [
    `${path === '' ? '' : `${path}: `}${fields.text('message')}`,
    ...(expected === null ? [] : [`expected ${expected}`]),
    ...(hint === null ? [] : [`did you mean ${hint}?`]),
  ];
  return {
    file: fields.text('file'),
    line: fields.count('line'),
    column: fields.count('column'),
    text: parts.join(', '),
    isWarning: fields.text('severity') === 'warning',
  };
}

export type Check = { readonly problems: readonly Problem[]; readonly changes: readonly string[] };

/** What a check, a reload or a rollback says. */
export function readCheck(fields: Fields): Check {
  const changes = fields.texts('changes');
  const differences = fields.texts('difference');
  return { problems: fields.list('problems', readProblem), changes: changes.length > 0 ? changes : differences };
}

export type Version = {
  readonly number: number;
  readonly at: number;
  readonly source: string;
  readonly by: string | null;
  readonly of: number | null;
  readonly tenants: number;
  readonly changes: readonly string[];
};

export type History = { readonly current: number | null; readonly versions: readonly Version[] };

export function readHistory(fields: Fields): History {
  const versions = fields.list('versions', (one) => ({
    number: one.count('number'),
    at: Date.parse(one.text('at')),
    source: one.text('source'),
    by: one.maybe('operator', (by) => `${by.maybeText('token') ?? 'an operator'} from ${by.text('address')}`),
    of: one.number('of'),
    tenants: one.count('tenants'),
    changes: one.texts('changes'),
  }));
  return { current: fields.number('current'), versions: versions.toReversed() };
}
