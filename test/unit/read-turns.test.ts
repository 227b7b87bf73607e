import { describe, expect, test } from 'bun:test';
import { Inflow } from '../../src/core/inflow.ts';
import { ReadTurns } from '../../src/core/read-turns.ts';

const READ = 512 * 1024;

/** Sockets that bring a full read each whenever they are read, in turns of an event loop. */
class Loop {
  private readonly tasks: (() => void)[] = [];
  private readonly turns = new ReadTurns((task) => this.tasks.push(task));
  readonly sources: Source[];

  constructor(count: number, size = READ) {
    this.sources = Array.from({ length: count }, () => new Source(new Inflow(this.turns), size));
  }

  /** One turn; returns who was read, by number. */
  turn(): number[] {
    const read = this.sources.flatMap((source, at) => (source.read() ? [at] : []));
    this.afterEvents();
    return read;
  }

  afterEvents(): void {
    for (const task of this.tasks.splice(0)) task();
  }
}

class Source {
  isPaused = false;
  changes = 0;

  constructor(
    readonly inflow: Inflow,
    private readonly size: number,
  ) {
    inflow.attach(this);
  }

  pause(): void {
    this.isPaused = true;
    this.changes++;
  }

  resume(): void {
    this.isPaused = false;
    this.changes++;
  }

  read(): boolean {
    if (this.isPaused) return false;
    this.inflow.took(this.size);
    return true;
  }
}

describe('reading in turns', () => {
  test('whoever is alone with a large body never waits', () => {
    const loop = new Loop(1);
    for (let turn = 0; turn < 10; turn++) expect(loop.turn()).toEqual([0]);
    expect(loop.sources[0].changes).toBe(0);
  });

  test('of many, few are read in one turn, and all in the end', () => {
    const loop = new Loop(10);
    expect(loop.turn()).toHaveLength(10);
    const reads = new Array<number>(10).fill(0);
    for (let turn = 0; turn < 100; turn++) {
      const read = loop.turn();
      expect(read.length).toBeLessThanOrEqual(3);
      for (const at of read) reads[at]++;
    }
    expect(Math.max(...reads) - Math.min(...reads)).toBeLessThanOrEqual(2);
    expect(Math.min(...reads)).toBeGreaterThan(8);
  });

  test('small reads are not put off', () => {
    const loop = new Loop(100, 32 * 1024);
    for (let turn = 0; turn < 3; turn++) expect(loop.turn()).toHaveLength(100);
  });

  test('a socket whose receiver is behind is not read because its turn has come', () => {
    const loop = new Loop(4);
    loop.turn();
    const [source] = loop.sources.filter(({ isPaused }) => isPaused);
    expect(source.inflow.hold()).toBe(true);
    expect(source.inflow.hold()).toBe(false);
    for (let turn = 0; turn < 10; turn++) {
      loop.turn();
      expect(source.isPaused).toBe(true);
    }
    expect(source.inflow.release()).toBe(true);
    expect(source.isPaused).toBe(false);
  });

  test('one whose receiver has caught up still waits for its turn', () => {
    const loop = new Loop(6);
    loop.turn();
    const [, source] = loop.sources.filter(({ isPaused }) => isPaused);
    source.inflow.hold();
    source.inflow.release();
    expect(source.isPaused).toBe(true);
    for (let turn = 0; turn < 10 && source.isPaused; turn++) loop.turn();
    expect(source.isPaused).toBe(false);
  });

  test('one that is gone is passed over', () => {
    const loop = new Loop(5);
    loop.turn();
    const waiting = loop.sources.filter(({ isPaused }) => isPaused);
    waiting[0].inflow.detach();
    for (let turn = 0; turn < 2; turn++) loop.afterEvents();
    expect(waiting.map(({ isPaused }) => isPaused)).toEqual([true, false]);
  });
});
