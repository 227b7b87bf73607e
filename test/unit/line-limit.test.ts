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
  test('are written so many times in ten seconds, and then counted', async () => {
    const { clock, lines, limit } = limited();
    for (let n = 1; n <= 300; n++) limit.write(FAULT, () => ({ n }));
    expect(lines).toEqual(['error it broke {"n":1}', 'error it broke {"n":2}']);
    await clock.advance(10_000);
    expect(lines.slice(2)).toEqual(['error it broke {"left_out":298,"within":"10s"}']);
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
    await clock.advance(10_000);
    expect(lines.at(-1)).toContain('"left_out":');
  });

  test('are told of at the end of the gateway', () => {
    const { clock, lines, limit } = limited();
    for (let n = 1; n <= 3; n++) limit.write(FAULT, () => ({}));
    limit.close();
    expect([lines.at(-1), clock.pending]).toEqual(['error it broke {"left_out":1,"within":"10s"}', 0]);
  });
});
