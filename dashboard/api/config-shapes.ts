// What the pages know of configurations.
import type { Fields } from './fields.ts';

export type ConfigFile = {
  readonly file: string;
  readonly text: string;
  /** Why it cannot be changed here; null: it can be tried. */
  readonly readOnly: string | null;
};

export type Configuration = {
  readonly files: readonly ConfigFile[];
  /** Why nothing is shown; null: there are files. */
  readonly readOnly: string | null;
  /** What a change has to name, so that nobody overwrites another one's. */
  readonly etag: string | null;
  /** The number of what is in force; null: none is kept. */
  readonly version: number | null;
  /** Files that are on disk no longer what is in force. */
  readonly strayed: readonly string[];
};

export function readConfiguration(fields: Fields): Configuration {
  return {
    files: fields.list('files', (one) => ({
      file: one.text('file'),
      text: one.text('text'),
      readOnly: one.maybeText('read_only'),
    })),
    readOnly: fields.maybeText('read_only'),
    etag: fields.maybeText('etag'),
    version: fields.number('version'),
    strayed: fields.texts('strayed'),
  };
}

/** How a file differs, as lines of a unified difference. */
export type Difference = { readonly file: string; readonly lines: string; readonly note: string | null };

function readDifference(fields: Fields): Difference {
  return { file: fields.text('file'), lines: fields.text('lines'), note: null };
}

export function readDifferences(fields: Fields): readonly Difference[] {
  return fields.list('files', (one) => ({ ...readDifference(one), note: one.maybeText('note') }));
}

export type Problem = {
  readonly file: string;
  /** 0: the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly isWarning: boolean;
};

function readProblem(fields: Fields, isWarning: boolean): Problem {
  const hint = fields.maybeText('suggestion');
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
    isWarning,
  };
}

export type Check = {
  /** It could be put in force. */
  readonly isValid: boolean;
  readonly problems: readonly Problem[];
  readonly changes: readonly string[];
  readonly differences: readonly Difference[];
};

/** What a check, a reload or a rollback says. The problems of what could be put in force are warnings. */
export function readCheck(fields: Fields): Check {
  const isValid = fields.has('valid') ? fields.flag('valid') : fields.text('kind') !== 'refused';
  return {
    isValid,
    problems: fields.list('problems', (one) => readProblem(one, isValid)),
    changes: fields.texts('changes'),
    // Of a text that somebody has sent alone.
    differences: fields.has('differences') ? fields.list('differences', readDifference) : [],
  };
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
