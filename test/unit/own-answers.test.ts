import { describe, expect, test } from 'bun:test';
import { lastHopAnswer, slashRedirect } from '../../src/forward/own-answers.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { requestHead } from '../support/heads.ts';

describe('what the gateway answers itself', () => {
  test.each([
    ['/api?x=%41', '/api/?x=%41'],
    ['/%61pi?x=%41', '/api/?x=%41'],
    ['/x/../%61pi', '/api/'],
  ])('leads %s to the prefix as it is configured: %s', (target, location) => {
    const head = requestHead(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    expect(slashRedirect(head).headers).toEqual([['Location', location]]);
  });

  test.each([
    ['/%41?b=%43', '/%41?b=%43'],
    ['/%41/./b', '/A/b'],
  ])('gives back a TRACE for %s as it would go on: %s', (target, going) => {
    const head = requestHead(`TRACE ${target} HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n`);
    const { body } = lastHopAnswer(head);
    expect(latin1(body, 0, body.length).split('\r\n')[0]).toBe(`TRACE ${going} HTTP/1.1`);
  });
});
