// What the gateway says of the client in the head that goes to a backend.
import { describe, expect, test } from 'bun:test';
import { Http1Client } from '../../src/http1/http1-client.ts';
import { out } from '../../src/http1/output.ts';
import { writeRequestHead } from '../../src/http1/write-request.ts';
import { EMPTY, ascii, latin1 } from '../../src/message/bytes.ts';
import { type OwnMarks, NO_MARKS } from '../../src/message/own-marks.ts';
import type { ClientCertificate, ClientFacts } from '../../src/message/contract.ts';
import { KnownHost } from '../../src/message/known-host.ts';
import { requestHead } from '../support/heads.ts';
import { served } from '../support/tls-door.ts';

const MARKS: OwnMarks = {
  ...NO_MARKS,
  idPrefix: ascii('0123456789abcdef'),
  viaOnRequests: true,
  loopId: ascii('gateway.test'),
};
const PEER: ClientFacts = { address: '10.0.0.1', isTls: true, tls: null, version: '1.1', port: 0, claims: null };
const CLAIMING: ClientFacts = {
  ...PEER,
  claims: {
    forwardedFor: '10.1.1.1, 10.0.0.1',
    forwardedProto: 'http',
    forwardedHost: 'a.test',
    forwardedPort: '80',
    forwardedPrefix: null,
    forwarded: 'for=x',
    realIp: '10.1.1.1',
  },
};
const ORIGIN = {
  authority: ascii('o'),
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};

function written(client: ClientFacts, marks = MARKS, version = '1.1'): string {
  const head = requestHead(`GET / HTTP/${version}\r\nHost: x\r\n\r\n`);
  head.number = 255;
  const request = {
    head,
    bodyStart: 0,
    bodyEnd: 0,
    bodyForm: 'framed' as const,
    strip: 0,
    client,
    rewritten: null,
    edits: null,
    marks,
  };
  return latin1(out, 0, writeRequestHead(out, request, ORIGIN));
}

const SERVED = served();
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

function showing(certificate: Partial<ClientCertificate>): ClientFacts {
  const clientCertificate = {
    subject: 'CN=ada',
    fingerprint: FINGERPRINT,
    encoded: 'MIIB',
    isTrusted: true,
    ...certificate,
  };
  const agreed = {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    isResumed: false,
    serverName: null,
    alpn: null,
  };
  return { ...PEER, tls: { ...agreed, served: SERVED, knownHost: new KnownHost(), clientCertificate } };
}

describe('the certificate of a client', () => {
  test('is told where an authority that is known has issued it', () => {
    const lines = `Client-Cert: :MIIB:\r\nX-Client-Cert-Fingerprint: ${'ab'.repeat(32)}\r\n`;
    expect(written(showing({}))).toContain(lines);
    expect(written(new Http1Client(showing({}), MARKS))).toContain(lines);
    expect(written(showing({ isTrusted: false }))).not.toContain('Client-Cert');
  });

  test('is told by its fingerprint alone where it is too long', () => {
    const head = written(showing({ encoded: 'A'.repeat(9000) }));
    expect(head).toContain('X-Client-Cert-Fingerprint: ab');
    expect(head).not.toContain('Client-Cert: ');
  });

  test('of a trusted proxy says nothing of its client', () => {
    expect(written({ ...showing({}), claims: CLAIMING.claims })).not.toContain('Client-Cert');
  });
});

describe('a request head', () => {
  test('says who the client is, from facts alone as from the lines that a connection has made of them', () => {
    const lines =
      'X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 10.0.0.1\r\nVia: 1.1 keystone\r\nCDN-Loop: gateway.test\r\n' +
      'X-Request-Id: 0123456789abcdef000000ff\r\nX-Forwarded-Host: x\r\nX-Forwarded-Port: 443\r\n';
    expect(written(PEER)).toBe(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
    expect(written(new Http1Client(PEER, MARKS))).toBe(written(PEER));
  });

  test('names the version of HTTP that the client speaks', () => {
    expect(written({ ...PEER, version: '2.0' })).toContain('\r\nVia: 2.0 keystone\r\n');
    expect(written({ ...CLAIMING, version: '2.0' })).toContain('\r\nVia: 2.0 keystone\r\n');
  });

  test.each([PEER, CLAIMING])('names the gateway only where that is wanted (%#)', (client) => {
    for (const version of ['1.1', '1.0']) {
      expect(written(client, NO_MARKS, version)).not.toMatch(/keystone|CDN-Loop/i);
      expect(written(client, MARKS, version)).toContain(`\r\nVia: ${version} keystone\r\nCDN-Loop: gateway.test\r\n`);
    }
  });

  test('passes on what a trusted peer claims', () => {
    const lines =
      'X-Forwarded-For: 10.1.1.1, 10.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Real-IP: 10.1.1.1\r\nX-Forwarded-Host: a.test\r\nX-Forwarded-Port: 80\r\n' +
      'Forwarded: for=x\r\nVia: 1.1 keystone\r\nCDN-Loop: gateway.test\r\nX-Request-Id: 0123456789abcdef000000ff\r\n';
    expect(written(CLAIMING)).toBe(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
    expect(written(new Http1Client(CLAIMING, MARKS))).toBe(written(CLAIMING));
  });
});
