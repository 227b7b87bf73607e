import { expect, test } from 'bun:test';
import { answered, asked, rigOf } from '../../support/policies/asked.ts';

const USUAL = [
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: SAMEORIGIN',
  'Referrer-Policy: strict-origin-when-cross-origin',
];

test('answers get the fields that they lack; HSTS is for TLS alone', () => {
  const rig = rigOf({ security_headers: {} });
  expect(answered(rig).added).toEqual(USUAL);
  expect(answered(rig, [], ['X-Frame-Options: DENY']).added).toEqual([USUAL[0] ?? '', USUAL[2] ?? '']);
});

test('answers of the gateway get them as well', () => {
  const rig = rigOf({ security_headers: {} }, { ip_access: { deny: ['10.0.0.1'] } });
  expect(asked(rig).added).toEqual(USUAL);
});

test('what the configuration says may come first', () => {
  const rig = rigOf({
    security_headers: {
      mode: 'force',
      frame_options: 'DENY',
      referrer_policy: 'none',
      content_security_policy: "default-src 'self'",
    },
  });
  expect(answered(rig, [], ['X-Frame-Options: SAMEORIGIN']).added).toEqual([
    'X-Content-Type-Options: nosniff',
    'X-Frame-Options: DENY',
    "Content-Security-Policy: default-src 'self'",
  ]);
});
