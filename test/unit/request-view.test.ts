import { describe, expect, test } from 'bun:test';
import type { ClientFacts } from '../../src/message/contract.ts';
import { releaseHead } from '../../src/message/head.ts';
import { RequestView } from '../../src/message/request-view.ts';
import { requestHead } from '../support/heads.ts';

const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null };
const TEXT = 'POST /a/./b?c=d HTTP/1.1\r\nHost: Shop.test:80\r\nX-One: 1\r\nx-one: 2\r\nX-Empty:\r\n\r\n';

function describeView(view: RequestView) {
  const { method, path, query, host } = view;
  return { method, path, query, host, one: view.header('x-one'), empty: view.header('x-empty'), no: view.header('x') };
}

const SAID = { method: 'POST', path: '/a/b', query: '?c=d', host: 'Shop.test:80', one: '1', empty: '', no: null };

describe('a view of a request', () => {
  test('says in strings what its head says', () => {
    expect(describeView(new RequestView(requestHead(TEXT), CLIENT))).toEqual(SAID);
    const bare = describeView(new RequestView(requestHead('GET / HTTP/1.0\r\n\r\n'), CLIENT));
    expect(bare).toEqual({ method: 'GET', path: '/', query: '', host: '', one: null, empty: null, no: null });
  });

  test('outlives its head only if it says so', () => {
    const head = requestHead(TEXT);
    const view = new RequestView(head, CLIENT);
    const kept = new RequestView(head, CLIENT);
    kept.outlive();
    releaseHead(head);
    expect(describeView(kept)).toEqual(SAID);
    expect(view.method).toBe('');
  });
});
