// Lists of the admin API are asked for in the same way everywhere, and what is wrong is said in the same words.
import { describe, expect, test } from 'bun:test';
import { audit } from '../../src/admin/audit.ts';
import { limits } from '../../src/admin/limits.ts';
import { pageParameters, readLimit, readPage } from '../../src/admin/paging.ts';
import { summaries } from '../../src/admin/summaries.ts';
import { top } from '../../src/admin/top.ts';
import { z } from 'zod';

const RULE = { usual: 50, most: 200 };
const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('the page that is asked for', () => {
  test('is the first one, as long as is usual, if nothing is said', () => {
    expect(readPage(query(''), RULE)).toEqual({ page: 1, limit: 50 });
    expect(readPage(query('page=3&limit=200'), RULE)).toEqual({ page: 3, limit: 200 });
    expect(readLimit(query('limit=1'), RULE)).toBe(1);
  });

  for (const odd of ['0', '-1', '1.5', '', ' 1', '1e2', '0x10', 'many', '99999999999999999999'])
    test(`is no number such as ${JSON.stringify(odd)}`, () => {
      const text = encodeURIComponent(odd);
      expect(readPage(query(`page=${text}`), RULE)).toBe('page must be a whole number from 1 on');
      expect(readPage(query(`limit=${text}`), RULE)).toBe('limit must be a whole number from 1 to 200');
    });

  test('is described as it is read', () => {
    const schema = z.object(pageParameters(RULE));
    for (const [page, limit] of [
      [1, 1],
      [7, 200],
      [0, 1],
      [1, 201],
    ] as const) {
      const isDescribed = schema.safeParse({ page, limit }).success;
      expect(isDescribed).toBe(typeof readPage(query(`page=${page}&limit=${limit}`), RULE) !== 'string');
    }
  });

  test('has the same description at each endpoint that has lists', () => {
    for (const [endpoint, most] of [
      [audit, 1000],
      [limits, 200],
      [summaries, 200],
      [top, 100],
    ] as const) {
      const { shape } = endpoint.parameters();
      expect([endpoint.path, shape.limit.description]).toEqual([endpoint.path, expect.stringContaining('Absent: ')]);
      expect(shape.limit.safeParse(most).success).toBe(true);
      expect(shape.limit.safeParse(most + 1).success).toBe(false);
    }
  });
});
