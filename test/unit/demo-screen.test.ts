// The demo's screen: what stands where, and that it fits.
import { describe, expect, test } from 'bun:test';
import { bar, count, elapsed, latency, sparkline } from '../../src/cli/charts.ts';
import { Meter } from '../../tools/demo/meter.ts';
import { renderEvent, renderScreen, renderTable } from '../../tools/demo/screen.ts';
import type { ScreenOptions } from '../../src/cli/full-screen.ts';
import type { BackendView, DemoState } from '../../tools/demo/state.ts';
import { millis } from '../../src/core/units.ts';

const ESCAPES = /\u001b\[[\d;]*m/g;

const well: BackendView = {
  name: 'a',
  health: 'healthy',
  eligible: true,
  reason: null,
  requests: 1234,
  failures: 0,
  in_flight: 2,
  share: 0.5,
  p50: 6.13,
  p99: 14.2,
};
const down: BackendView = {
  ...well,
  name: 'b',
  health: 'unhealthy',
  eligible: false,
  reason: 'unhealthy: request: connect-refused',
  share: 0,
};
const state: DemoState = {
  version: '1.2.3',
  url: 'http://127.0.0.1:8080',
  uptime: millis(12_345),
  traffic: { perSecond: 151.4, history: [150, 75, 150], total: 1812, failed: 0, saved: 3 },
  tenants: [
    { name: 'shop', rule: 'host shop.localhost', healthy: 1, backends: [well, down] },
    { name: 'api', rule: 'path /api/', healthy: 1, backends: [{ ...well, share: 1 }] },
  ],
  events: [
    { at: millis(4000), tone: 'act', text: 'origin b is killed (SIGKILL)' },
    { at: millis(4060), tone: 'bad', text: 'shop/b is unhealthy (request: connect-refused)' },
  ],
  next: 'origin b comes back in 3s',
  attempt: "curl -H 'Host: shop.localhost' http://127.0.0.1:8080/",
  dashboard: 'http://127.0.0.1:9901',
};

function linesOf(options: Partial<ScreenOptions> = {}, shown: DemoState = state): string[] {
  return renderScreen(shown, { width: 80, height: 24, color: false, unicode: true, ...options }).split('\n');
}

describe('the screen', () => {
  test('says where the gateway is, how much it does and whether anything failed', () => {
    const [title, totals] = linesOf();
    expect(title).toMatch(/^ ◆ Keystone Gateway 1\.2\.3 {3}http:\/\/127\.0\.0\.1:8080 +up 12\.3s$/);
    expect(totals).toMatch(/^ {3}151 requests\/s {3}1,812 in all {3}0 failed {3}3 saved +█▄█$/);
  });

  test('has a line for each backend, with its share in figures and as a bar', () => {
    const line = linesOf({ width: 90 }).find((text) => text.startsWith('   a'));
    expect(line).toMatch(/^ {3}a {2}● healthy +█+[▏▎▍▌▋▊▉]? +50 % +1,234 +0 +6\.1ms +14ms +2$/);
  });

  test('gives the reason of a backend that is not eligible in the place of its share', () => {
    const line = linesOf().find((text) => text.startsWith('   b'));
    expect(line).toMatch(/^ {3}b {2}✗ unhealthy +request: connect-refused +1,234 /);
  });

  test('names what keeps a healthy backend from being eligible', () => {
    const full: BackendView = { ...well, eligible: false, reason: 'full: 100 requests in flight' };
    const tenants = [{ name: 'shop', rule: 'host shop.localhost', healthy: 1, backends: [full] }];
    expect(linesOf({}, { ...state, tenants }).join('\n')).toMatch(/○ full +full: 100 requests in/);
  });

  test('counts the healthy backends of each tenant', () => {
    const lines = linesOf();
    expect(lines.find((text) => text.startsWith(' shop'))).toEndWith('1 of 2 healthy');
    expect(lines.find((text) => text.startsWith(' api'))).toEndWith('1 of 1 healthy');
  });

  test('ends with what happens next and what to try', () => {
    const [next, place, attempt] = linesOf().slice(-3);
    expect(next).toMatch(/^ next {2}origin b comes back in 3s +Ctrl-C ends$/);
    expect(place).toBe(' see   http://127.0.0.1:9901 in a browser');
    expect(attempt).toBe(` try   ${state.attempt}`);
  });

  test('keeps the latest events where there is no room for all', () => {
    const events = Array.from({ length: 40 }, (_, at) => ({
      at: millis(at),
      tone: 'good' as const,
      text: `event ${at}`,
    }));
    const text = linesOf({}, { ...state, events }).join('\n');
    expect(text).toContain('event 39');
    expect(text).not.toContain('event 0\n');
  });

  test('fits any size, and keeps its last lines', () => {
    for (let width = 20; width <= 160; width += 7) {
      for (let height = 4; height <= 50; height += 3) {
        const lines = linesOf({ width, height });
        expect(lines.length).toBeLessThanOrEqual(height);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
        // Half of the command is in the line before, where it does not fit.
        if (height > 4) expect(lines.slice(-2).some((line) => line.startsWith(' try'))).toBe(true);
      }
    }
  });

  test('leaves the table readable at 60 columns', () => {
    const text = linesOf({ width: 60 }).join('\n');
    expect(text).toMatch(/a {2}● healthy +█+.* 50 % +1,234 +0 +14ms\n/);
    expect(text).toContain(' BAD TRIES');
    expect(text).not.toContain('P50');
    expect(text).toContain(" try   curl -H 'Host: shop.localhost' \\\n       http://127.0.0.1:8080/");
  });

  test('cuts no event within an address', () => {
    const event = {
      at: millis(4000),
      tone: 'act',
      text: 'a backend at http://127.0.0.1:34567/health is away',
    } as const;
    expect(renderEvent(event, { width: 40, color: false })).toBe('     4.0s  a backend at ...');
  });

  test('says the same with colour as without', () => {
    const colored = linesOf({ color: true });
    expect(colored.join('')).toMatch(ESCAPES);
    expect(colored.map((line) => line.replaceAll(ESCAPES, ''))).toEqual(linesOf());
  });

  test('needs nothing but ASCII where a terminal has no more', () => {
    expect(linesOf({ unicode: false }).join('')).toMatch(/^[ -~]*$/);
  });

  test('lets no text move the cursor', () => {
    const events = [{ at: millis(1), tone: 'bad' as const, text: 'a\u001b[2Jb\r\nc' }];
    expect(linesOf({}, { ...state, events }).join('')).not.toMatch(/[\r\u001b]/);
  });
});

test('the table alone has a line end after every line', () => {
  const table = renderTable(state.tenants, { width: 80, color: false, unicode: true });
  expect(table.split('\n')).toHaveLength(7);
  expect(table).toEndWith('\n');
});

test('an event is one line with its time', () => {
  const [event] = state.events;
  if (event === undefined) throw new Error('no event');
  expect(renderEvent(event, { width: 80, color: false })).toBe('     4.0s  origin b is killed (SIGKILL)');
});

test('numbers become short texts', () => {
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([null, 0.84, 9.96, 12.2, 1234].map(latency)).toEqual(['-', '0.8ms', '10.0ms', '12ms', '1.2s']);
  expect([8300, 65_000].map(elapsed)).toEqual(['8.3s', '1m 05s']);
});

test('a bar grows by eighths of a column and never beyond its width', () => {
  expect([0, 0.125, 0.5, 1, 2].map((share) => bar(share, 4, true))).toEqual(['', '▌', '██', '████', '████']);
  expect(bar(0.5, 4, false)).toBe('##');
});

test('a sparkline shows the latest values beside the highest of them', () => {
  expect(sparkline([9, 0, 50, 100], 3, true)).toBe('▁▄█');
});

describe('the meter', () => {
  const meter = new Meter();
  for (let at = 0; at <= 3000; at += 200) {
    const requests = new Map([
      ['shop/a', at < 1500 ? 100 : at - 1400],
      ['shop/b', at * 3],
    ]);
    meter.add({ at: millis(at), total: at / 10, requests });
  }

  test('knows the rate of the latest moments', () => {
    expect(meter.perSecond()).toBeCloseTo(100);
    expect(meter.history.every((rate) => Math.round(rate) === 100)).toBe(true);
  });

  test('knows the shares of the latest moments, and none of nobody', () => {
    const [a = 0, b = 0] = meter.shares(['shop/a', 'shop/b']);
    expect(a + b).toBeCloseTo(1);
    expect(b).toBeGreaterThan(0.6);
    expect(meter.shares(['shop/x', 'shop/y'])).toEqual([0, 0]);
  });
});
