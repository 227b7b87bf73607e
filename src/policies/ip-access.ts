// Lets clients in, or keeps them out, by their addresses.
import { z } from 'zod';
import { AddressVerdicts, whyNoRange } from '../core/address-verdicts.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { type FailureCode, failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { setting } from '../core/settings.ts';
import { type TextFile, textFile } from '../core/text-file.ts';
import { bytes } from '../core/units.ts';
import { addressRange } from './address-range.ts';
import { contradict } from './contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type Verdict } from './contract.ts';

/** Room for some 400,000 ranges. */
const LONGEST_LIST = bytes(8 * 1024 * 1024);

const STATUSES = { '403': 'forbidden', '404': 'no-route', drop: 'dropped' } as const satisfies Readonly<
  Record<string, FailureCode>
>;

const refusal = setting<403 | 404 | 'drop' | '403' | '404', keyof typeof STATUSES>({
  type: '403, 404 or drop',
  expected: '403, 404 or drop',
  json: { type: ['integer', 'string'], minimum: 403, maximum: 404, pattern: '^(403|404|drop)$|\\$\\{' },
  parse(value) {
    const word = String(value);
    return word === '403' || word === '404' || word === 'drop' ? ok(word) : err({ message: '{value} is none of them' });
  },
});

const list = z.array(described(addressRange, 'An address or range.'));
const file = textFile(LONGEST_LIST, (content) => {
  const wrong = linesIn(content).find(({ entry }) => whyNoRange(entry) !== null);
  return wrong === undefined ? null : `its line ${wrong.number} ${whyNoRange(wrong.entry)}`;
});

const options = z
  .strictObject({
    allow: optional(list, 'Who is let in; everybody else is kept out. An empty list lets nobody in.'),
    deny: optional(list, 'Who is kept out. Without `allow`, everybody else is let in.'),
    allow_file: optional(file, 'A file with more for `allow`: a line for each, `#` begins a comment.'),
    deny_file: optional(file, 'A file with more for `deny`. Both are read anew with every reload.'),
    status: defaulted(
      refusal,
      'What is answered to those who are kept out; `drop`: nothing, the connection is closed.',
      { value: 403, reason: 'somebody who should be let in sees what is wrong.' },
    ),
  })
  .superRefine((given, context) => {
    const all = [given.allow, given.deny, given.allow_file, given.deny_file];
    if (all.some((one) => one !== undefined && (!Array.isArray(one) || one.length > 0))) return;
    const message = 'lets everybody in: there is no list with an entry';
    contradict(given, context, { message, expected: 'one of allow, deny, allow_file and deny_file' });
  });

type Options = z.output<typeof options>;

export const ipAccess = {
  type: 'ip_access',
  summary:
    'Lets clients in or keeps them out, by their addresses. The longest range that holds an address decides; of two equal ones, `deny`. Ranges of IPv4 hold no IPv6 address, and the other way round.',
  options,
  words: () => 0,
  isShared: true,
  keepsOut: true,
  create({ allow, deny, allow_file: allowFile, deny_file: denyFile, status }): Policy {
    const allowed = [...(allow ?? []), ...entriesOf(allowFile)];
    const isUsual = allow === undefined && allowFile === undefined;
    const verdicts = new AddressVerdicts(allowed, [...(deny ?? []), ...entriesOf(denyFile)], isUsual);
    const refused: Verdict = { kind: 'refuse', failure: failure(STATUSES[status]), retryAfter: null };
    // A client whose address cannot be read is let in by no list.
    return { request: ({ client }) => (verdicts.letsIn(client.address) === true ? CONTINUE : refused) };
  },
} as const satisfies PolicyKind<Options>;

type Line = { readonly entry: string; readonly number: number };

function linesIn(content: string): readonly Line[] {
  return content
    .split('\n')
    .map((line, at) => ({ entry: line.replace(/#.*/, '').trim(), number: at + 1 }))
    .filter(({ entry }) => entry !== '');
}

function entriesOf(given: TextFile | undefined): readonly string[] {
  return given === undefined ? [] : linesIn(given.text).map(({ entry }) => entry);
}
