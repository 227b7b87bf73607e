// What the gateway says of itself and of the client: Via (RFC 9110 7.6.3), X-Forwarded-*, Forwarded (RFC 7239).
import { type CaseFamily, type FieldRules, type WireCase, forwarded, get, head } from '../case.ts';

const SPOOFED = '6.6.6.6';

function says(what: string, lines: readonly string[], fields: FieldRules, source: string): WireCase {
  return {
    name: what,
    source,
    holds: 'The backend learns the truth about the client, whatever an untrusted client claims.',
    send: get(...lines),
    expect: forwarded({ fields }),
  };
}

function trusts(what: string, lines: readonly string[], fields: FieldRules): WireCase {
  return {
    name: `trusted peer: ${what}`,
    source: 'RFC 7239 5.2',
    holds: 'The gateway keeps the forwarding fields of a trusted peer, and adds to them.',
    listener: 'trusting',
    send: get(...lines),
    expect: forwarded({ fields }),
  };
}

// One of each kind that the rule knows by name, and of each that it knows by its beginning.
const CLAIMED = [
  'X-Real-IP',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Forwarded-Client-Cert',
  'X-Original-URL',
  'X-Rewrite-URL',
  'Front-End-Https',
  'Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Remote-User',
  'X-Remote-User',
  'SSL-Client-Cert',
  'X-SSL-Client-DN',
  'X-Scheme',
  'X-Script-Name',
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Client-Cert-Fingerprint',
];

export const requestIdentity: CaseFamily = {
  name: 'request: Via and forwarding fields',
  reason: 'A backend decides by these fields, so they hold what the gateway knows and not what the client claims.',
  cases: [
    says(
      'CDN-Loop is added to',
      ['CDN-Loop: a.test;x="b, this.test"', 'CDN-Loop: c.test'],
      { 'cdn-loop': { matches: /^a\.test;x="b, this\.test", c\.test, this\.test$/ } },
      'RFC 8586 2',
    ),
    says('Via is added', [], { via: { matches: /^1\.1 [^\s,]+$/ } }, 'RFC 9110 7.6.3'),
    says(
      'Via is continued',
      ['Via: 1.0 fred, 1.1 p.test (x)'],
      { via: { matches: /^1\.0 fred, 1\.1 p\.test \(x\), 1\.1 [^\s,]+$/ } },
      'RFC 9110 7.6.3',
    ),
    says(
      'Via in two fields is continued in order',
      ['Via: 1.0 a', 'Via: 1.1 b'],
      { via: { matches: /^1\.0 a, 1\.1 b, 1\.1 [^\s,]+$/ } },
      'RFC 9110 7.6.3, 5.3',
    ),
    {
      name: 'Via says the version of the client',
      source: 'RFC 9110 7.6.3',
      holds: 'Via names the version in which the request was received.',
      send: head('GET /{id} HTTP/1.0', 'Host: all.test'),
      expect: {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id} HTTP/1.1', fields: { via: { matches: /^1\.0 [^\s,]+$/ } } }],
        responses: [{ status: 200 }],
        persists: false,
      },
    },
    ...['X_Forwarded_For', 'x-forwarded_for', 'X_REAL_IP', 'X_Request_Id', 'Proxy_Authorization', 'Content_Length'].map(
      (name) => says(`${name}, which CGI takes for another name`, [`${name}: 6`], { [name]: null }, 'RFC 3875 4.1.18'),
    ),
    ...['Proxy', 'proxy', 'PROXY'].map((name) =>
      says(
        `${name}, which CGI takes for the proxy of its own requests`,
        ['X-A: 1', `${name}: http://evil.test:8080`, 'X-B: 2'],
        { proxy: null, 'x-a': '1', 'x-b': '2' },
        'httpoxy CVE-2016-5385',
      ),
    ),
    says('a name that begins with Proxy', ['Proxys: 1', 'Prox: 2'], { proxys: '1', prox: '2' }, 'RFC 9110 5.1'),
    says('X-Forwarded-For is set', [], { 'x-forwarded-for': '127.0.0.1' }, 'RFC 7239 5.2'),
    says('X-Forwarded-Proto is set', [], { 'x-forwarded-proto': 'http' }, 'RFC 7239 5.4'),
    says('X-Forwarded-Host is set', [], { 'x-forwarded-host': 'all.test' }, 'RFC 7239 5.3'),
    says(
      'X-Forwarded-For of an untrusted client',
      [`X-Forwarded-For: ${SPOOFED}`],
      { 'x-forwarded-for': '127.0.0.1' },
      'RFC 7239 8.1',
    ),
    says(
      'X-Forwarded-For twice',
      [`X-Forwarded-For: ${SPOOFED}`, 'x-forwarded-for: 7.7.7.7'],
      { 'x-forwarded-for': '127.0.0.1' },
      'RFC 7239 8.1',
    ),
    says(
      'X-Forwarded-Proto of an untrusted client',
      ['X-Forwarded-Proto: https'],
      { 'x-forwarded-proto': 'http' },
      'RFC 7239 8.1',
    ),
    says(
      'X-Forwarded-Host of an untrusted client',
      ['X-Forwarded-Host: evil.test'],
      { 'x-forwarded-host': 'all.test' },
      'RFC 7239 8.1',
    ),
    says(
      'Forwarded of an untrusted client',
      [`Forwarded: for=${SPOOFED};host=evil.test`],
      { forwarded: { without: SPOOFED } },
      'RFC 7239 8.1',
    ),
    says(
      'X-Forwarded-For with an underscore',
      [`X_Forwarded_For: ${SPOOFED}`],
      {
        'x-forwarded-for': '127.0.0.1',
        x_forwarded_for: { oneOf: [null, SPOOFED] },
      },
      'oauth2-proxy CVE-2025-64484; Caddy #4830',
    ),
    says('X-Real-IP is set', [], { 'x-real-ip': '127.0.0.1' }, 'envoyproxy/gateway #8542'),
    says('X-Forwarded-Port is that of Host', [], { 'x-forwarded-port': '80' }, 'Spring Cloud Gateway #4267'),
    {
      ...says('X-Forwarded-Port of a Host with a port', [], {}, 'Spring Cloud Gateway #4267'),
      send: head('GET /{id} HTTP/1.1', 'Host: all.test:8443'),
      expect: forwarded({ fields: { 'x-forwarded-port': '8443', 'x-forwarded-host': 'all.test:8443' } }),
    },
    ...CLAIMED.flatMap((name) =>
      [...new Set([name, name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '_')])].map((spelled) =>
        says(
          `${spelled} of an untrusted client`,
          ['X-A: 1', `${spelled}: ${SPOOFED}`, 'X-B: 2'],
          { [name]: { without: SPOOFED }, [spelled]: { without: SPOOFED }, 'x-a': '1', 'x-b': '2' },
          'Traefik #11253; Spring Cloud Gateway #4267',
        ),
      ),
    ),
    says(
      'names that only begin in the same way',
      ['X-Forwardeds: 1', 'X-Requested-With: 2', 'Ssl: 3', 'Remote: 4', 'X-Client: 5'],
      { 'x-forwardeds': '1', 'x-requested-with': '2', ssl: '3', remote: '4', 'x-client': '5' },
      'RFC 9110 5.1',
    ),
    says('User-Agent is not made up', [], { 'user-agent': null }, 'RFC 9110 10.1.5'),
    says('Accept-Encoding is not made up', [], { 'accept-encoding': null }, 'RFC 9110 7.7'),
    says('Content-Type is not made up', [], { 'content-type': null }, 'RFC 9110 7.7'),
    trusts('X-Forwarded-For is continued', ['X-Forwarded-For: 192.0.2.7'], {
      'x-forwarded-for': { matches: /^192\.0\.2\.7, 127\.0\.0\.1$/ },
    }),
    trusts(
      'X-Forwarded-For in two fields is continued in order',
      ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-For: 192.0.2.8'],
      {
        'x-forwarded-for': { matches: /^192\.0\.2\.7, 192\.0\.2\.8, 127\.0\.0\.1$/ },
      },
    ),
    trusts('X-Forwarded-For begins here', [], { 'x-forwarded-for': '127.0.0.1' }),
    trusts('X-Forwarded-Proto is kept', ['X-Forwarded-Proto: https'], { 'x-forwarded-proto': 'https' }),
    trusts('X-Forwarded-Host is kept', ['X-Forwarded-Host: shop.test'], { 'x-forwarded-host': 'shop.test' }),
    {
      ...trusts('Proxy is dropped even so', ['Proxy: http://evil.test:8080'], { proxy: null }),
      source: 'httpoxy CVE-2016-5385',
      holds: 'Proxy is dropped even from a trusted peer: no backend needs it, and some programs believe it.',
    },
    trusts('what else it says is kept', ['X-Forwarded-User: ada', 'Remote-User: ada', 'X-Original-URL: /x'], {
      'x-forwarded-user': 'ada',
      'remote-user': 'ada',
      'x-original-url': '/x',
    }),
    trusts('X-Real-IP and X-Forwarded-Port are kept', ['X-Real-IP: 192.0.2.7', 'X-Forwarded-Port: 8443'], {
      'x-real-ip': '192.0.2.7',
      'x-forwarded-port': '8443',
    }),
    trusts(
      'X-Real-IP and X-Forwarded-Port follow from what it says',
      ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test'],
      { 'x-real-ip': '192.0.2.7', 'x-forwarded-port': '443' },
    ),
    {
      ...trusts('an underscore for a hyphen', ['X_Forwarded_User: eve', 'REMOTE_USER: eve'], {
        x_forwarded_user: null,
        remote_user: null,
      }),
      holds: 'A proxy that knows only one spelling passes the others on as a client has sent them.',
    },
    trusts('X-Forwarded-Proto begins here', [], { 'x-forwarded-proto': 'http' }),
  ],
};
