// Lets clients in by their addresses.
import { z } from 'zod';
import { AddressTrie } from '../core/address-set.ts';
import { type AddressRange, parseRange } from '../core/cidr.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { choice, text } from '../core/settings.ts';
import { textFile } from '../core/text-file.ts';
import { bytes } from '../core/units.ts';
import type { ClientFacts } from '../message/contract.ts';
import { CONTINUE, type Policy, type PolicyKind, type Verdict } from './contract.ts';

/** Two million ranges. */
const LARGEST = bytes(32 * 1024 * 1024);

const range = text<AddressRange>({
  type: 'address or range',
  expected: 'an IP address such as 10.0.0.1, or a range such as 10.0.0.0/8 or fd00::/8',
  parse(value) {
    const parsed = parseRange(value);
    return parsed === null ? err({ message: '{value} is not an address or range' }) : ok(parsed);
  },
});

const ranges = z.array(described(range, 'An address or range.'));
const FILE =
  'A file with more of them, one on each line; what follows a `#` is left out. It is read with the configuration.';

const options = z
  .strictObject({
    allow: optional(ranges, 'Addresses that are let in. An IPv4 address that is written as IPv6 is an IPv4 address.'),
    allow_file: optional(textFile(LARGEST, whyNoRanges), FILE),
    deny: optional(
      ranges,
      'Addresses that are not. Of two ranges that hold an address the longer one decides, of two equal ones `deny`.',
    ),
    deny_file: optional(textFile(LARGEST, whyNoRanges), FILE),
    status: defaulted(choice(['403', '404']), 'What the others get.', {
      value: '403',
      reason: 'whoever is kept out by mistake learns what it is.',
    }),
  })
  .superRefine(({ allow, allow_file, deny, deny_file }, context) => {
    const isEmpty =
      [allow, deny].every((list) => (list ?? []).length === 0) && allow_file === undefined && deny_file === undefined;
    if (!isEmpty) return;
    const params = { message: 'names no addresses', expected: 'allow, deny, or a file of either' };
    context.issues.push({ code: 'custom', input: allow, params });
  });
type Options = z.output<typeof options>;

const ALLOWED = 1;
const DENIED = 2;

export const ipAccess = {
  type: 'ip_access',
  summary:
    'Lets clients in by their addresses, and keeps the others out. With `allow` alone all others are kept out; with `deny` alone they are let in.',
  options,
  words: () => 0,
  isShared: true,
  create(wanted): Policy {
    const trie = trieOf(wanted);
    const others = wanted.allow !== undefined || wanted.allow_file !== undefined ? DENIED : ALLOWED;
    const refused: Verdict = {
      kind: 'refuse',
      failure: wanted.status === '404' ? failure('no-route') : failure('forbidden'),
      retryAfter: null,
    };
    // A connection has one client, as a rule.
    const known = new WeakMap<ClientFacts, number>();
    return {
      request({ client }) {
        let mark = known.get(client);
        if (mark === undefined) {
          mark = trie.markOf(client.address) || others;
          known.set(client, mark);
        }
        return mark === DENIED ? refused : CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

function trieOf({ allow = [], allow_file: allowFile, deny = [], deny_file: denyFile }: Options): AddressTrie {
  const trie = new AddressTrie();
  for (const one of [...allow, ...rangesIn(allowFile?.text ?? '')]) trie.add(one, ALLOWED);
  for (const one of [...deny, ...rangesIn(denyFile?.text ?? '')]) trie.add(one, DENIED);
  return trie;
}

function rangesIn(file: string): readonly AddressRange[] {
  return wordsIn(file).flatMap(({ word }) => parseRange(word) ?? []);
}

function whyNoRanges(file: string): string | null {
  const wrong = wordsIn(file).find(({ word }) => parseRange(word) === null);
  return wrong === undefined ? null : `line ${wrong.line} is not an address or range`;
}

function wordsIn(file: string): readonly { readonly line: number; readonly word: string }[] {
  const lines = file.split('\n').map((line, at) => ({ line: at + 1, word: line.replace(/#.*/, '').trim() }));
  return lines.filter(({ word }) => word !== '');
}
