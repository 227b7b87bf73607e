// Paths (RFC 3986, RFC 9110 7.7): they are passed on as sent, and no spelling leads out of its tenant.
import { type CaseFamily, type Expectation, type WireCase, anyOf, forwarded, head, declined } from '../case.ts';

type Spelling = { readonly sent: string; readonly allowed: readonly string[]; readonly source?: string };

/** Refused, or forwarded as one of the allowed targets. */
function spelling(what: string, { sent, allowed, source }: Spelling): WireCase {
  return {
    name: `path: ${what}`,
    source: source ?? 'RFC 3986 6.2.2',
    holds: 'A path that can be read in two ways is declined, or passed on in a form that was matched.',
    send: head(`GET ${sent} HTTP/1.1`, 'Host: all.test', 'X-Case: {id}'),
    expect: anyOf(declined(400), to(allowed)),
  };
}

function same(what: string, target: string, source = 'RFC 9110 7.7'): WireCase {
  return {
    name: `path: ${what}`,
    source,
    holds: 'The target goes on byte for byte.',
    send: head(`GET ${target} HTTP/1.1`, 'Host: all.test', 'X-Case: {id}'),
    expect: to([target]),
  };
}

/** A tenant whose prefix /api/ is replaced by the base path /base of its backend. */
function prefixed(what: string, sent: string, expect: Expectation): WireCase {
  return {
    name: `prefix: ${what}`,
    source: 'Traefik CVE-2025-66490, CVE-2025-32431',
    holds: 'No spelling of a path leaves the prefix of its tenant, or the base path of its backend.',
    send: head(`GET ${sent} HTTP/1.1`, 'Host: strip.test', 'X-Case: {id}'),
    expect,
  };
}

function to(targets: readonly string[]): Expectation {
  return forwarded({ line: targets.map((target) => `GET ${target} HTTP/1.1`) });
}

const BASE = '/base/{id}';

export const requestTargets: CaseFamily = {
  name: 'request: targets',
  reason:
    'A path is passed on byte for byte, because a signature may cover it. It is matched in its normal form, so that no spelling leads out of its tenant. A path with dot segments is passed on in its normal form.',
  cases: [
    spelling('a dot segment', { sent: '/{id}/./b', allowed: ['/{id}/./b', '/{id}/b'] }),
    spelling('two dots', { sent: '/{id}/a/../b', allowed: ['/{id}/a/../b', '/{id}/b'] }),
    spelling('two dots at the end', { sent: '/{id}/a/..', allowed: ['/{id}/a/..', '/{id}/'] }),
    spelling('encoded dots', { sent: '/{id}/a/%2e%2e/b', allowed: ['/{id}/a/%2e%2e/b', '/{id}/a/../b', '/{id}/b'] }),
    spelling('half-encoded dots', { sent: '/{id}/a/.%2E/b', allowed: ['/{id}/a/.%2E/b', '/{id}/a/../b', '/{id}/b'] }),
    spelling('dots above the root', { sent: '/../{id}', allowed: ['/{id}'] }),
    spelling('encoded dots above the root', { sent: '/%2e%2e/{id}', allowed: ['/{id}'] }),
    spelling('many dots above the root', { sent: '/a/../../../{id}', allowed: ['/{id}'] }),
    spelling('dots with a parameter', { sent: '/{id}/a/..;x/b', allowed: ['/{id}/a/..;x/b'] }),
    spelling('a backslash', { sent: '/{id}\\..\\b', allowed: ['/{id}\\..\\b'] }),
    spelling('NUL, encoded', { sent: '/{id}%00', allowed: [] }),
    spelling('NUL, encoded, within the path', { sent: '/{id}%00/../b', allowed: [] }),
    spelling('an incomplete escape', { sent: '/{id}/%', allowed: ['/{id}/%'], source: 'RFC 3986 2.1' }),
    spelling('an escape of one digit', { sent: '/{id}/%4', allowed: ['/{id}/%4'], source: 'RFC 3986 2.1' }),
    spelling('an escape without digits', { sent: '/{id}/%zz', allowed: ['/{id}/%zz'], source: 'RFC 3986 2.1' }),
    spelling('an overlong escape of a slash', { sent: '/{id}/%c0%af', allowed: ['/{id}/%c0%af', '/{id}/%C0%AF'] }),
    spelling('an obs-text byte', { sent: '/{id}/\xe9', allowed: ['/{id}/\xe9', '/{id}/%E9'], source: 'RFC 9112 3.2' }),
    spelling('bytes that RFC 3986 knows not', {
      sent: '/{id}/<>"^`{|}',
      allowed: ['/{id}/<>"^`{|}'],
      source: 'RFC 3986 2',
    }),
    spelling('encoded CR and LF', {
      sent: '/{id}/%0d%0aX:%20y',
      allowed: ['/{id}/%0d%0aX:%20y', '/{id}/%0D%0AX:%20y'],
    }),
    spelling('an encoded letter with dots', {
      sent: '/{id}/a/../%61',
      allowed: ['/{id}/a/../%61', '/{id}/%61', '/{id}/a'],
    }),
    spelling('dots behind an encoded slash', { sent: '/{id}/a/..%2Fb', allowed: ['/{id}/a/..%2Fb'] }),
    same('an encoded letter', '/{id}/%61'),
    same('encoded unreserved characters', '/{id}/%41%7A%30%2D%2E%5F%7E%7e'),
    same('an encoded dot in a name', '/{id}/%2ehidden/a%2Eb/%2e%2e%2e'),
    same('an encoded letter, and a query', '/{id}/%61?X-Signature=%41%2f'),
    same('an encoded letter beside an encoded slash', '/{id}/%61%2Fb'),
    same('digits of escapes in both cases', '/{id}/%c3%A9%C3%a9'),
    same('two slashes', '/{id}//b'),
    same('two slashes at the front', '//{id}/b'),
    same('an encoded slash', '/{id}/a%2Fb'),
    same('an encoded slash in lower case', '/{id}/a%2fb'),
    same('an encoded backslash', '/{id}/a%5Cb'),
    same('an encoded percent sign', '/{id}/a%252Fb'),
    same('an encoded fragment sign', '/{id}/a%23b'),
    same('an encoded question mark', '/{id}/a%3Fb'),
    same('a parameter', '/{id}/a;v=1/b'),
    same('three dots', '/{id}/.../b'),
    same('a name with dots', '/{id}/a..b/.hidden/c.'),
    same('sub-delimiters', "/{id}/!$&'()*+,;=:@-._~"),
    same('a query', '/{id}?a=1&b=2'),
    same('an empty query', '/{id}?'),
    same('two question marks', '/{id}??a'),
    same('dots and slashes in the query', '/{id}?a=/../b//c'),
    same('escapes in the query', '/{id}?a=%2e%2e%2f&b=%41&c=+d'),
    same('a broken escape in the query', '/{id}?a=%'),
    same('a semicolon in the query', '/{id}?a=1;b=2'),
    same('a URL in the query', '/{id}?u=https://a.test/b?c'),
    same('upper and lower case', '/{id}/AbC'),
    prefixed('a path', '/api/{id}', to([BASE])),
    prefixed('a query', '/api/{id}?a=b', to([`${BASE}?a=b`])),
    prefixed('an encoded slash', '/api/{id}%2Fx', to([`${BASE}%2Fx`])),
    prefixed('two slashes', '/api//{id}', anyOf(declined(400), to(['/base//{id}']))),
    prefixed('a host after two slashes', '/api//evil.test/{id}', anyOf(declined(400), to(['/base//evil.test/{id}']))),
    prefixed('only the beginning of a word', '/apix/{id}', to(['/apix/{id}'])),
    prefixed('another case', '/API/{id}', to(['/API/{id}'])),
    prefixed('dots out of it', '/api/../{id}', anyOf(declined(400), to(['/{id}', BASE]))),
    prefixed('encoded dots out of it', '/api/%2e%2e/{id}', anyOf(declined(400), to(['/{id}', BASE]))),
    prefixed('half-encoded dots out of it', '/api/%2e./{id}', anyOf(declined(400), to(['/{id}', BASE]))),
    prefixed('dots with a parameter', '/api/..;/{id}', anyOf(declined(400), to(['/base/..;/{id}']))),
    prefixed('dots out of it and back', '/api/../api/{id}', anyOf(declined(400), to([BASE]))),
    prefixed('dots before it', '/x/../api/{id}', anyOf(declined(400), to([BASE]))),
    prefixed('many dots', '/api/a/../../../{id}', anyOf(declined(400), to(['/{id}', BASE]))),
    prefixed(
      'an encoded slash out of it',
      '/api/..%2f{id}',
      anyOf(declined(400), to(['/base/..%2f{id}', '/base/..%2F{id}'])),
    ),
    prefixed('a backslash out of it', '/api/..\\{id}', declined(400)),
    prefixed(
      'an encoded backslash out of it',
      '/api/..%5c{id}',
      anyOf(declined(400), to(['/base/..%5c{id}', '/base/..%5C{id}'])),
    ),
    prefixed('an encoded letter of it', '/%61pi/{id}', anyOf(declined(400), to([BASE]))),
    prefixed(
      'an encoded letter of it and one behind it',
      '/%61p%69/{id}/%41b',
      anyOf(declined(400), to([`${BASE}/%41b`])),
    ),
    prefixed('an encoded letter behind it', '/api/{id}/%41?%41', to([`${BASE}/%41?%41`])),
    prefixed('an encoded letter of it, and dots', '/%61pi/./{id}/%41', anyOf(declined(400), to([BASE, `${BASE}/A`]))),
    prefixed('encoded letters that spell it behind it', '/api/%61pi/{id}', to(['/base/%61pi/{id}'])),
    prefixed('an encoded slash of it', '/api%2f{id}', anyOf(declined(400), to(['/api%2f{id}', '/api%2F{id}']))),
  ],
};
