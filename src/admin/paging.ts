// Lists a page at a time: the parameters `page` and `limit`, which are the same wherever there are any.
import { z } from 'zod';

/** How many are on a page if nobody says, and at most. */
export type PageRule = { readonly usual: number; readonly most: number };

export type Page = { readonly page: number; readonly limit: number };

/** As the description of the API has `limit`. */
export function limitParameter({ usual, most }: PageRule) {
  return z.exactOptional(z.int().min(1).max(most)).describe(`So many at most. Absent: ${usual}.`);
}

/** The same of both. */
export function pageParameters(rule: PageRule) {
  return { page: z.exactOptional(z.int().min(1)).describe('From 1. Absent: 1.'), limit: limitParameter(rule) };
}

/** The page that is asked for. An error is a sentence for people. */
export function readPage(query: URLSearchParams, rule: PageRule): Page | string {
  const page = wholeOf(query, 'page', { usual: 1, most: Number.MAX_SAFE_INTEGER });
  const limit = readLimit(query, rule);
  if (page === null) return 'page must be a whole number from 1 on';
  return typeof limit === 'string' ? limit : { page, limit };
}

/** How many are asked for. An error is a sentence for people. */
export function readLimit(query: URLSearchParams, rule: PageRule): number | string {
  return wholeOf(query, 'limit', rule) ?? `limit must be a whole number from 1 to ${rule.most}`;
}

function wholeOf(query: URLSearchParams, name: string, { usual, most }: PageRule): number | null {
  const text = query.get(name);
  if (text === null) return usual;
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= most ? number : null;
}
