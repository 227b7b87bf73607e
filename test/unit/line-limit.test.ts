import { describe, expect, test } from 'bun:test';
import { LineLimit } from '../../src/observe/line-limit.ts';
import type { LogFields } from '../../src/observe/log.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const FAULT = { level: 'error', message: 'it broke', tenant: null, most: 2 } as const;

function limited() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = (level: string, message: string, fields: LogFields = {}): void => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { clock, lines, limit: new LineLimit(log, clock) };
}

describe('lines that clients can cause', () => {
  test('are written so many times in a minute, and then counted', async () => {
    const { clock, lines, limit } = limited();
    for (let n = 1; n <= 300; n++) limit.write(FAULT, () => ({ n }));
    expect(lines).toEqual(['error it broke {"n":1}', 'error it broke {"n":2}']);
    await clock.advance(60_000);
    expect(lines.slice(2)).toEqual(['error it broke {"repeated":298,"within":"60s"}']);
    limit.write(FAULT, () => ({ n: 301 }));
    expect(lines.slice(3)).toEqual(['error it broke {"n":301}']);
  });

  test('are told of no more when none was left out, and need no timer then', async () => {
    const { clock, lines, limit } = limited();
    limit.write(FAULT, () => ({}));
    await clock.advance(60_000);
    expect([lines.length, clock.pending]).toEqual([1, 0]);
  });

  test('do not hide those of another message or another tenant', () => {
    const { lines, limit } = limited();
    for (let n = 0; n < 10; n++) limit.write({ ...FAULT, tenant: 'loud' }, () => ({ tenant: 'loud' }));
    limit.write({ ...FAULT, tenant: 'quiet' }, () => ({ tenant: 'quiet' }));
    limit.write({ ...FAULT, message: 'it burns' }, () => ({}));
    expect(lines.slice(2)).toEqual(['error it broke {"tenant":"quiet"}', 'error it burns {}']);
  });

  test('have a bounded number of counts, however many tenants there are', async () => {
    const { clock, lines, limit } = limited();
    for (let n = 0; n < 5000; n++) limit.write({ ...FAULT, most: 1, tenant: `t${n}` }, () => ({}));
    expect(lines.length).toBeLessThan(1100);
    await clock.advance(60_000);
    expect(lines.at(-1)).toContain('"repeated":');
  });

  test('of one reason do not hide those of another one', () => {
    const { lines, limit } = limited();
    for (let n = 0; n < 10; n++) limit.write({ ...FAULT, tenant: 'shop', why: 'reset' }, () => ({ why: 'reset' }));
    limit.write({ ...FAULT, tenant: 'shop', why: 'refused' }, () => ({ why: 'refused' }));
    expect(lines.slice(2)).toEqual(['error it broke {"why":"refused"}']);
  });

  test('are told of at the end of the gateway', () => {
    const { clock, lines, limit } = limited();
    for (let n = 1; n <= 3; n++) limit.write(FAULT, () => ({}));
    limit.close();
    expect([lines.at(-1), clock.pending]).toEqual(['error it broke {"repeated":1,"within":"60s"}', 0]);
  });
});

describe('lines of the log', () => {
  test('that say the same but for their numbers are written ten times in a minute, and then counted', async () => {
    const { clock, lines, limit } = limited();
    for (let n = 1; n <= 47; n++)
      limit.log('warn', 'backend unhealthy', { tenant: 'shop', backend: 'a', evidence: `status 503 after ${n}ms` });
    limit.log('warn', 'backend unhealthy', { tenant: 'shop', backend: 'b', evidence: 'status 503 after 1ms' });
    expect(lines.slice(0, 10).every((line) => line.includes('"backend":"a"'))).toBe(true);
    expect(lines.slice(10).every((line) => line.includes('"backend":"b"'))).toBe(true);
    await clock.advance(60_000);
    const said = { tenant: 'shop', backend: 'a', evidence: 'status 503 after 47ms', repeated: 37, within: '60s' };
    expect(lines.slice(11)).toEqual([`warn backend unhealthy ${JSON.stringify(said)}`]);
    expect(clock.pending).toBe(0);
  });

  test('that differ are all written, however many there are', () => {
    const { lines, limit } = limited();
    const nameOf = (n: number): string => String.fromCharCode(97 + (n % 26)).repeat(1 + Math.floor(n / 26));
    for (let n = 0; n < 3000; n++) limit.log('error', 'tenant_down', { tenant: nameOf(n) });
    expect(lines).toHaveLength(3000);
  });

  test('about several backends are all written, although their names differ by a number alone', () => {
    const { lines, limit } = limited();
    for (let n = 1; n <= 30; n++)
      limit.log('warn', 'backend unhealthy', { backend: `b${n}`, evidence: `after ${n} ms` });
    expect(lines.length).toBe(30);
  });

  test('come as they are when the gateway has ended, and set no timer', () => {
    const { clock, lines, limit } = limited();
    limit.close();
    for (let n = 0; n < 20; n++) limit.log('info', 'shut down');
    expect([lines.length, clock.pending]).toEqual([20, 0]);
  });

  test('of a level that is not written are neither written nor counted', async () => {
    const clock = new VirtualClock();
    const lines: string[] = [];
    const limit = new LineLimit(
      (_, message) => lines.push(message),
      clock,
      (level) => level !== 'debug',
    );
    for (let n = 0; n < 20; n++) limit.log('debug', 'request refused');
    for (let n = 0; n < 20; n++) limit.write({ ...FAULT, level: 'debug' }, () => ({}));
    await clock.advance(60_000);
    expect(lines).toEqual([]);
  });
});
