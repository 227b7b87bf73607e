// How spans are sent to a collector, by a clock that the test moves.
import { describe, expect, test } from 'bun:test';
import { type Result, err, ok } from '../../src/core/result.ts';
import type { TracingSettings } from '../../src/core/tracing-settings.ts';
import { millis, share } from '../../src/core/units.ts';
import type { Span } from '../../src/observe/traces/span.ts';
import { createSpanEncoder } from '../../src/observe/traces/span-encoder.ts';
import { SpanExport } from '../../src/observe/traces/span-export.ts';
import type { AskedRequest, AskedResponse } from '../../src/policies/tools.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const SETTINGS: TracingSettings = {
  endpoint: 'http://collector.test/v1/traces',
  headers: { 'X-Token': 'hush' },
  serviceName: 'edge',
  attributes: {},
  sample: share(1),
  parents: 'all',
  batch: 3,
  delay: millis(2000),
  queue: 6,
  timeout: millis(10_000),
};

const SPAN: Span = {
  name: 'GET shop',
  kind: 'server',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: null,
  isParentRemote: false,
  flags: 1,
  state: '',
  start: 1000,
  end: 1001,
  isError: false,
  attributes: {},
};
const spans = (count: number): readonly Span[] => Array.from({ length: count }, () => SPAN);

type Answer = Result<AskedResponse, string>;

function status(code: number, headers: AskedResponse['headers'] = [], body = new Uint8Array(0)): Answer {
  return ok({ status: code, headers, body });
}

/** A collector that answers as the test says, and an export to it. */
class Stage {
  readonly clock = new VirtualClock();
  readonly asked: { readonly at: number; readonly request: AskedRequest }[] = [];
  readonly lines: string[] = [];
  readonly counted = { exported: 0, dropped: 0, failed: 0 };
  readonly to: SpanExport;
  answer: () => Answer | Promise<Answer> = () => status(200);

  constructor(other: Partial<TracingSettings> = {}) {
    const { clock, counted } = this;
    const source = { serviceName: 'edge', instance: '1', attributes: {} };
    this.to = new SpanExport(
      { ...SETTINGS, ...other },
      {
        clock,
        random: () => 1,
        ask: async (request) => {
          this.asked.push({ at: clock.now(), request });
          return await this.answer();
        },
        tell: ({ level, message, fields }) => this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
        counts: {
          exported: (count) => {
            counted.exported += count;
          },
          dropped: (count) => {
            counted.dropped += count;
          },
          failed: () => {
            counted.failed++;
          },
        },
        loadEncoder: () => createSpanEncoder(source),
      },
    );
  }

  get times(): readonly number[] {
    return this.asked.map(({ at }) => at);
  }

  /** Moves the clock, and lets what was asked end. */
  async pass(duration: number): Promise<void> {
    await this.clock.advance(duration);
    // Loading the encoder takes several turns, once.
    for (let turn = 0; turn < 50; turn++) await settle();
  }
}

async function loaded(other: Partial<TracingSettings> = {}): Promise<Stage> {
  await createSpanEncoder({ serviceName: '', instance: '', attributes: {} });
  return new Stage(other);
}

describe('spans', () => {
  test('wait for others, for so long, and go at once when there is a batch', async () => {
    const stage = await loaded();
    stage.to.add(spans(2));
    await stage.pass(1999);
    expect(stage.asked).toEqual([]);
    await stage.pass(1);
    expect(stage.times).toEqual([2000]);
    stage.to.add(spans(4));
    await stage.pass(0);
    expect(stage.times).toEqual([2000, 2000]);
    await stage.pass(2000);
    expect(stage.times).toEqual([2000, 2000, 4000]);
    expect(stage.counted).toEqual({ exported: 6, dropped: 0, failed: 0 });
    expect(stage.clock.pending).toBe(0);
  });

  test('are posted with the fields of the configuration', async () => {
    const stage = await loaded();
    stage.to.add(spans(3));
    await stage.pass(0);
    const { method, url, headers } = stage.asked[0]?.request ?? {};
    expect([method, url]).toEqual(['POST', SETTINGS.endpoint]);
    expect(headers).toEqual([
      ['X-Token', 'hush'],
      ['Content-Type', 'application/x-protobuf'],
    ]);
  });

  test('are kept while the collector is away, as many as there is room for', async () => {
    const stage = await loaded();
    stage.answer = () => err('connect-refused');
    stage.to.add(spans(3));
    await stage.pass(0);
    for (let n = 0; n < 10; n++) stage.to.add(spans(2));
    expect(stage.counted).toEqual({ exported: 0, dropped: 18, failed: 1 });
    stage.answer = () => status(200);
    await stage.pass(1000);
    await stage.pass(2000);
    expect(stage.counted).toEqual({ exported: 5, dropped: 18, failed: 1 });
    expect(stage.lines).toEqual([
      'warn traces cannot be exported {"endpoint":"http://collector.test/v1/traces","problem":"connect-refused","failures":1,"dropped":0}',
      'info traces are exported again {"endpoint":"http://collector.test/v1/traces","dropped":18}',
    ]);
  });

  test('that an exchange has go together, or not at all', async () => {
    const stage = await loaded({ queue: 3 });
    stage.to.add(spans(2));
    stage.to.add(spans(2));
    await stage.pass(2000);
    expect(stage.counted).toEqual({ exported: 2, dropped: 2, failed: 0 });
    expect(stage.lines[0]).toStartWith('warn spans are dropped: the collector is too slow');
  });
});

describe('a collector that fails', () => {
  test('is asked again, later each time, and people hear of it once a minute', async () => {
    const stage = await loaded();
    stage.answer = () => status(503);
    stage.to.add(spans(3));
    await stage.pass(300_000);
    expect(stage.times).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000, 243_000]);
    const told = stage.lines.filter((line) => line.includes('it has answered 503'));
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(stage.lines.join()).not.toContain('hush');
  });

  test('is asked when it says', async () => {
    const stage = await loaded();
    stage.answer = () => status(429, [['retry-after', '7']]);
    stage.to.add(spans(3));
    await stage.pass(0);
    await stage.pass(7000);
    expect(stage.times).toEqual([0, 7000]);
  });

  test('is not asked the sooner because more comes', async () => {
    const stage = await loaded();
    stage.answer = () => err('there was no answer in time');
    stage.to.add(spans(3));
    await stage.pass(0);
    for (let n = 0; n < 9; n++) {
      stage.to.add(spans(3));
      await stage.pass(100);
    }
    expect(stage.times).toEqual([0]);
  });

  test('is not asked again for what it refuses', async () => {
    const stage = await loaded();
    stage.answer = () => status(stage.asked.length === 1 ? 400 : 200);
    stage.to.add(spans(6));
    await stage.pass(0);
    await stage.pass(0);
    expect(stage.counted).toEqual({ exported: 3, dropped: 3, failed: 1 });
    expect(stage.lines).toHaveLength(1);
  });

  test('may refuse some spans of a batch', async () => {
    const stage = await loaded();
    // partial_success of two spans, "why".
    stage.answer = () => status(200, [], Uint8Array.of(0x0a, 7, 0x08, 2, 0x12, 3, 0x77, 0x68, 0x79));
    stage.to.add(spans(3));
    await stage.pass(0);
    expect(stage.counted).toEqual({ exported: 1, dropped: 2, failed: 0 });
    expect(stage.lines[0]).toContain('"reason":"why"');
  });

  test.each(['{}', 'OK', '\u00ff\u00ff\u00ff'])(
    'of an answer that nobody can read (%p) is taken at its status',
    async (text) => {
      const stage = await loaded();
      stage.answer = () => status(200, [], Buffer.from(text, 'latin1'));
      stage.to.add(spans(3));
      await stage.pass(0);
      expect(stage.counted).toEqual({ exported: 3, dropped: 0, failed: 0 });
    },
  );
});

describe('at the end', () => {
  test('all that waits is sent', async () => {
    const stage = await loaded();
    stage.to.add(spans(2));
    stage.to.add(spans(3));
    await stage.to.flush(millis(5000));
    expect(stage.counted.exported).toBe(5);
    stage.to.close();
    expect(stage.clock.pending).toBe(0);
  });

  test('a collector that does not answer is waited for no longer than that', async () => {
    const stage = await loaded();
    stage.answer = () => Promise.withResolvers<Answer>().promise;
    stage.to.add(spans(2));
    const flushed = stage.to.flush(millis(5000));
    await stage.pass(5000);
    await flushed;
    stage.to.close();
    expect(stage.counted).toEqual({ exported: 0, dropped: 2, failed: 0 });
    expect(stage.asked[0]?.request.signal?.aborted).toBe(true);
  });

  test('one that fails is asked once more, and not again', async () => {
    const stage = await loaded();
    stage.answer = () => err('connect-refused');
    stage.to.add(spans(3));
    await stage.pass(0);
    await stage.to.flush(millis(5000));
    expect(stage.asked).toHaveLength(2);
    stage.to.close();
    await stage.pass(60_000);
    expect(stage.asked).toHaveLength(2);
    expect(stage.counted.dropped).toBe(3);
  });
});
