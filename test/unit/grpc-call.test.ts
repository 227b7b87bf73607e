import { describe, expect, test } from 'bun:test';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { GrpcCall } from '../../src/forward/grpc-call.ts';
import { ATTEMPTING, type Phase, RESPONDING } from '../../src/forward/phases.ts';
import { failure } from '../../src/core/failure.ts';
import { trailerHead } from '../../src/http1/trailers.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import { Edits } from '../../src/message/edits.ts';
import { callForm, formatTimeout, grpcMessage, grpcTimeout } from '../../src/message/grpc.ts';
import type { Head } from '../../src/message/head.ts';
import { UNKNOWN_ASKER, failureResponse } from '../../src/respond/failure-response.ts';
import { requestHead, responseHead } from '../support/heads.ts';

const call = (...lines: readonly string[]): Head =>
  requestHead(`POST /a.B/C HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
const TE = ['TE: trailers', 'Connection: TE'] as const;

describe('a call of gRPC', () => {
  test.each([
    ['application/grpc', 'grpc'],
    ['application/grpc+proto', 'grpc'],
    ['Application/GRPC; charset=utf-8', 'grpc'],
    ['application/grpc-web', 'web'],
    ['application/grpc-web+proto', 'web'],
    ['application/grpc-web-text', 'web-text'],
    ['application/grpc-web-text+proto', 'web-text'],
    ['application/grpc-websocket', null],
    ['application/grpc-other', null],
    ['application/json', null],
  ] as const)('is known by its type: %s', (type, form) => {
    expect(callForm(call(...TE, `Content-Type: ${type}`))).toBe(form);
  });

  test('is none where the client takes no trailers', () => {
    expect(callForm(call('Content-Type: application/grpc'))).toBeNull();
  });

  test.each([
    ['1S', 1000],
    ['250m', 250],
    ['1H', 3_600_000],
    ['99999999u', 99_999.999],
    ['5', null],
    ['-5S', null],
    ['123456789S', null],
  ])('has the deadline %s', (text, time) => {
    expect(grpcTimeout(call(...TE, `grpc-timeout: ${text}`)) as number | null).toBe(time);
  });

  test('says times in eight digits at the most, and never none', () => {
    expect([0, 0.4, 250, 99_999_999, 100_000_000].map((time) => formatTimeout(millis(time)))).toEqual([
      '1m',
      '1m',
      '250m',
      '99999999m',
      '100000S',
    ]);
  });

  test('has messages in which all but plain characters are encoded', () => {
    expect(grpcMessage('50 % é\n')).toBe('50 %25 %C3%A9%0A');
  });

  const running = (phase: Phase) => {
    const heard: string[] = [];
    const owner = {
      phase,
      attempts: { overdue: () => heard.push('attempt') },
      giveUp: ({ code }: { readonly code: string }) => heard.push(code),
    };
    const wheel = new TimerWheel(millis(50));
    const made = new GrpcCall(owner);
    made.begin(call(...TE, 'Content-Type: application/grpc', 'grpc-timeout: 1S'), wheel);
    const pass = (ticks: number): void => {
      for (let at = 0; at < ticks; at++) wheel.advance();
    };
    return { heard, made, pass };
  };

  test.each([
    [ATTEMPTING, 'attempt'],
    [RESPONDING, 'deadline-exceeded'],
  ] satisfies [Phase, string][])('ends with its deadline in the phase %s', (phase, what) => {
    const { heard, pass } = running(phase);
    pass(19);
    expect(heard).toEqual([]);
    pass(3);
    expect(heard).toEqual([what]);
  });

  test('tells the backend how much time is left, once for each attempt', () => {
    const { made, pass } = running(ATTEMPTING);
    const edits = new Edits<'request'>();
    made.attempt(edits);
    pass(10);
    made.attempt(edits);
    expect(edits.additions).toBe(1);
    const { name, value } = edits.addition(0);
    expect(latin1(name, 0, name.length)).toBe('grpc-timeout');
    expect(Number.parseInt(latin1(value, 0, value.length), 10)).toBeLessThanOrEqual(550);
  });

  test('counts as a 503 where the backend says UNAVAILABLE and nothing else, and may be made again', () => {
    const { made } = running(ATTEMPTING);
    const head = (lines: string): Head => responseHead(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 0\r\n\r\n`);
    expect([made.statusOf(head('grpc-status: 5\r\n')), made.isRefused, made.status]).toEqual([200, false, 5]);
    expect([made.statusOf(head('grpc-status: 14\r\n')), made.isRefused, made.status]).toEqual([503, true, 14]);
  });

  test('has the status of its trailers, and UNAVAILABLE tells against the backend', () => {
    const { made } = running(RESPONDING);
    expect([made.ended(trailerHead(ascii('grpc-status: 4\r\n'))), made.status]).toEqual([null, 4]);
    expect(made.ended(trailerHead(ascii('grpc-status: 14\r\n')))?.code).toBe('call-unavailable');
  });

  test.each([
    ['exchange-timeout', '4'],
    ['none-eligible', '14'],
    ['no-route', '12'],
    ['unauthenticated', '16'],
    ['forbidden', '7'],
    ['request-body-too-large', '8'],
  ] as const)('is told of %s as status %s', (code, status) => {
    const { status: http, headers, body } = failureResponse(failure(code), { ...UNKNOWN_ASKER, call: 'grpc' });
    expect([http, body.length, Object.fromEntries(headers)['grpc-status']]).toEqual([200, 0, status]);
  });
});
