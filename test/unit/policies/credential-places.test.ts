import { describe, expect, test } from 'bun:test';
import { CredentialPlaces, credentialPlace } from '../../../src/policies/auth/credential-places.ts';
import { parseKeyFile } from '../../../src/policies/auth/key-list.ts';
import { IdentityGuard } from '../../../src/policies/identity-guard.ts';
import { latin1 } from '../../../src/message/bytes.ts';
import { requestHead } from '../../support/heads.ts';
import { type RequestOfPolicy, policyRequest } from '../../support/policy-request.ts';

function request(target: string, fields = ''): RequestOfPolicy {
  return policyRequest(requestHead(`GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`));
}

function places(...texts: readonly string[]) {
  return new CredentialPlaces(texts.map((text) => credentialPlace.parse(text)));
}

/** The fields that are added to the request. */
function added({ requestEdits: edits }: RequestOfPolicy): readonly string[] {
  return Array.from({ length: edits.additions }, (_, at) => {
    const { name, value } = edits.addition(at);
    return `${latin1(name, 0, name.length)}: ${latin1(value, 0, value.length)}`;
  });
}

describe('a credential', () => {
  test.each([
    ['header:X-Key', '/', 'X-Key: a\r\nx-key: b\r\n', ['a', 'b']],
    ['header:Authorization Bearer', '/', 'Authorization: bearer  a\r\nAuthorization: Basic b\r\n', ['a']],
    ['header:Authorization Bearer', '/', 'Authorization: Bearers a\r\n', []],
    ['cookie:k', '/', 'Cookie: a=1; k="x y"; kk=2\r\nCookie: k=2\r\n', ['x y', '2']],
    ['query:k', '/?a=1&k=%41+b&k', '', ['A b', '']],
    ['query:k', '/?%6b=1&k=%zz', '', ['1', '%zz']],
    ['query:k', '/k=1', '', []],
  ])('at %s of %s %j is found', (place, target, fields, found) => {
    expect(places(place).credentialsIn(request(target, fields))).toEqual(found);
  });

  test('in two places is one, if it is the same', () => {
    const all = places('header:X-Key', 'query:k');
    expect(all.credentialsIn(request('/?k=a', 'X-Key: a\r\n'))).toEqual(['a']);
    expect(all.credentialsIn(request('/?k=b', 'X-Key: a\r\n'))).toEqual(['a', 'b']);
  });

  test('is withheld from every place, and nothing else is', () => {
    const one = request('/a?x=1&k=2&y=%2F&%6B=3', 'X-Key: a\r\nAuthorization: Basic b\r\nCookie: a=1; k=2; b="3"\r\n');
    places('header:X-Key', 'header:Authorization Bearer', 'cookie:k', 'query:k').withhold(one);
    expect(one.target).toBe('/a?x=1&y=%2F');
    expect(added(one)).toEqual(['Cookie: a=1; b="3"']);
    expect(['x-key', 'authorization', 'cookie'].map((name) => one.requestEdits.removesNamed(name))).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('in a cookie is withheld beside another one that has been withheld before', () => {
    const one = request('/', 'Cookie: a=1; k=2; l=3\r\n');
    places('cookie:k').withhold(one);
    places('cookie:l').withhold(one);
    expect(added(one)).toEqual(['Cookie: a=1']);
    places('cookie:a').withhold(one);
    expect(added(one)).toEqual([]);
  });

  test('among many cookies is withheld, and the others go on in as many lines as they need', () => {
    const many = Array.from({ length: 30 }, (_, at) => `c${at}=${'x'.repeat(500)}`);
    const one = request('/', `Cookie: k=1; ${many.join('; ')}\r\n`);
    places('cookie:k').withhold(one);
    const lines = added(one).map((line) => line.replace('Cookie: ', ''));
    expect(lines.every(({ length }) => length <= 8192)).toBe(true);
    expect(lines.join('; ')).toBe(many.join('; '));
  });

  test.each(['X-Key', 'header:', 'header:X Y Z', 'cookie:', 'body:x', 'query:a b', 'header:X-Key Bearer x'])(
    'cannot stand at %p',
    (place) => {
      expect(credentialPlace.safeParse(place).success).toBe(false);
    },
  );
});

describe('a file of keys', () => {
  const hash = `sha256:${'ab'.repeat(32)}`;

  test.each([
    [`# keys\n\na ${hash}\nb sha256:${'CD'.repeat(32)} groups=x,y expires=2027-01-31T12:00:00+01:00\r\n`, 2],
    [`a ${hash}\nb ${hash}`, 'a and b have the same key'],
    ['a', 'line 1: the hash is not'],
    [`a ${hash} expires=tomorrow`, 'line 1: the time'],
    [`a ${hash} groups=x,y!`, 'line 1: the group'],
    [`a ${hash} admin=true`, 'line 1: there is something else'],
    [`a/b ${hash}`, 'line 1: the id'],
  ])('%p has its keys, or a problem', (text, outcome) => {
    const parsed = parseKeyFile(text);
    expect(parsed.ok ? parsed.value.length : parsed.error).toEqual(
      typeof outcome === 'number' ? outcome : expect.stringContaining(outcome),
    );
  });
});

describe('the guard of identities', () => {
  test('removes a field in every spelling, also in those that go to no backend as a rule', () => {
    const names = ['Remote-User', 'REMOTE-USER', 'remote_user', 'Remote_User', 'X-User', 'X_User', 'X.User', 'x~user'];
    const one = request('/', [...names, 'Remote-Users', 'X-Use'].map((name) => `${name}: a\r\n`).join(''));
    new IdentityGuard(['remote-user', 'x-user']).remove(one.head, one.requestEdits);
    const removed = [...names, 'Remote-Users', 'X-Use'].filter((name) => one.requestEdits.removesNamed(name));
    expect(removed).toEqual(names);
  });
});
