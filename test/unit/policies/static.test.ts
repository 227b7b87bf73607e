import { expect, test } from 'bun:test';
import { asked, rigOf } from '../../support/policies/asked.ts';

const ROBOTS = { static: { body: 'User-agent: *\nDisallow: /\n' } };

test('a text of the configuration is the answer, and a client that has it is told so', () => {
  const rig = rigOf(ROBOTS);
  const { response } = asked(rig);
  const fields = Object.fromEntries(response?.headers ?? []);
  expect([response?.status, new TextDecoder().decode(response?.body)]).toEqual([200, ROBOTS.static.body]);
  expect(fields['Content-Type']).toBe('text/plain; charset=utf-8');
  expect(asked(rig, [`If-None-Match: W/${fields['ETag']}, "x"`]).response?.status).toBe(304);
  expect(asked(rig, ['If-None-Match: "x"']).response?.status).toBe(200);
});

test('another status has no tag', () => {
  const { response } = asked(rigOf({ static: { status: 410, body: 'gone', headers: { 'X-A': '1' } } }));
  expect([response?.status, response?.headers]).toEqual([
    410,
    [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-A', '1'],
    ],
  ]);
});

test('a body and a file at once are a mistake', () => {
  expect(() => rigOf({ static: { body: 'a', file: 'b' } })).toThrow('stands beside a body');
});
