// Pages of the site's own in place of those that the gateway, or an origin, has for errors.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { choice, duration, setting, text } from '../../core/settings.ts';
import { textFile } from '../../core/text-file.ts';
import { bytes } from '../../core/units.ts';
import { whyNoEdit } from '../../message/edits.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import { askUrl } from '../auth/ask-url.ts';
import { contradict } from '../contradiction.ts';
import {
  CONTINUE,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type PolicyResponse,
  type Verdict,
} from '../contract.ts';
import { acceptsType } from './accepts.ts';
import { FetchedPages } from './fetched-pages.ts';
import { keptFields } from './kept-fields.ts';
import { HTML, Page, typeOfFile } from './page.ts';

const LARGEST_FILE = bytes(1024 * 1024);
const LONGEST_TEXT = 64 * 1024;

type StatusRange = { readonly from: number; readonly to: number };

const statusRange = setting<number | string, StatusRange>({
  type: 'status or range',
  expected: 'a status from 400 to 599 such as 404, or a range such as "502-504"',
  json: { type: ['integer', 'string'], pattern: '^[45]\\d\\d(-[45]\\d\\d)?$|\\$\\{', minimum: 400, maximum: 599 },
  parse(value) {
    const [, from = '', to = from] = /^([45]\d\d)(?:-([45]\d\d))?$/.exec(String(value)) ?? [];
    const isRange = from !== '' && Number(from) <= Number(to);
    return isRange ? ok({ from: Number(from), to: Number(to) }) : err({ message: '{value} is no status of an error' });
  },
});

const pageText = text<string>({
  type: 'text',
  expected: 'a page of at most 64 KiB',
  parse: (value) =>
    value.length > LONGEST_TEXT ? err({ message: 'is longer than 64 KiB; `file` is for such pages' }) : ok(value),
});

const mediaType = text<string>({
  type: 'media type',
  expected: 'a media type such as "text/html; charset=utf-8"',
  parse: (value) =>
    /^[\w.+-]+\/[\w.+-]+/.test(value) && whyNoEdit('response', 'X', value) === null
      ? ok(value)
      : err({ message: '{value} is no media type' }),
});

const service = z.strictObject({
  url: described(askUrl, 'Where the page is, such as `http://errors.internal/{status}.html`.'),
  timeout: defaulted(duration, 'How long to wait for it.', {
    value: '1s',
    reason: 'whoever waits has had an error already.',
  }),
  max_age: defaulted(duration, 'For how long it is kept.', {
    value: '1m',
    reason: 'a server of pages is not to get a request for every error.',
  }),
});

const options = z
  .strictObject({
    statuses: defaulted(
      z.array(described(statusRange, 'A status, or a range.')).min(1),
      'Which errors have the page.',
      {
        value: ['500-599'],
        reason: 'what goes wrong for everybody.',
      },
    ),
    inline: optional(
      pageText,
      'The page. `{status}`, `{reason}`, `{request_id}` and `{host}` stand for what the request has; other braces stay.',
    ),
    file: optional(textFile(LARGEST_FILE), 'A file with the page, of at most 1 MiB, with the same places.'),
    service: optional(service, 'A server that has the page. While it cannot be had, clients get what there was.'),
    content_type: optional(mediaType, 'The media type of `inline` or `file`. Absent: by the end of its name; HTML.'),
    from: defaulted(choice(['gateway', 'origin', 'both']), 'Whose errors have the page.', {
      value: 'gateway',
      reason: 'what an origin says of its errors, an application may need.',
    }),
  })
  .superRefine((given, context) => {
    const [one, other] = (['inline', 'file', 'service'] as const).filter((key) => given[key] !== undefined);
    if (one === undefined) contradict(given, context, { message: 'has no page', expected: 'inline, file or service' });
    else if (other !== undefined)
      contradict(given, context, { at: other, message: `stands beside \`${one}\``, expected: 'one of them' });
    else if (one === 'service' && given.content_type !== undefined)
      contradict(given, context, { at: 'content_type', message: 'is for pages of the gateway', expected: 'none' });
  });

type Options = z.output<typeof options>;

export const errorPages = {
  type: 'error_pages',
  summary:
    'Shows pages of the site in place of errors, to clients that accept their type. The status stays, and what else the answer says.',
  options,
  words: () => 0,
  isShared: false,
  create(given, tools): Policy {
    const { statuses, from, service: server } = given;
    const own = ownPage(given);
    const fetched = server === undefined ? null : new FetchedPages(server, tools);
    return {
      response(request, response): Verdict | Promise<Verdict> {
        if (!isMeant(response, statuses, from)) return CONTINUE;
        if (own !== null) return verdictWith(own, request, response);
        // Nobody is asked for a page that the client would not take.
        if (fetched === null || !acceptsType(request, HTML)) return CONTINUE;
        const page = fetched.pageFor(response.status);
        return page instanceof Promise
          ? page.then((found) => verdictWith(found, request, response))
          : verdictWith(page, request, response);
      },
    };
  },
} as const satisfies PolicyKind<Options>;

function ownPage({ inline, file, content_type: type }: Options): Page | null {
  if (file !== undefined) return new Page(file.text, type ?? typeOfFile(file.path) ?? HTML);
  return inline === undefined ? null : new Page(inline, type ?? HTML);
}

function isMeant({ status, head }: PolicyResponse, statuses: readonly StatusRange[], from: Options['from']): boolean {
  if (status < 400 || (from !== 'both' && (head === null) !== (from === 'gateway'))) return false;
  return statuses.some((range) => status >= range.from && status <= range.to);
}

function verdictWith(page: Page | null, request: PolicyRequest, response: PolicyResponse): Verdict {
  if (page === null || !acceptsType(request, page.type)) return CONTINUE;
  const { status } = response;
  const body = page.bytesFor({ status, requestId: request.id, host: request.host });
  const headers: LocalResponse['headers'] = [
    ...keptFields(response),
    ['Content-Type', page.type],
    ['Cache-Control', 'no-store'],
  ];
  return { kind: 'respond', response: { status, headers, body } };
}
