import { describe, expect, test } from 'bun:test';
import { type Millis, millis } from '../../src/core/units.ts';
import { WorkTurns } from '../../src/core/work-turns.ts';

/** An event loop whose time passes only with work. */
class Loop {
  now = 0;
  /** Who has worked, by name, and when a turn ended. */
  readonly done: string[] = [];
  /** What the tenant of each has been given. */
  readonly accounts: Record<string, number> = {};
  private tasks: (() => void)[] = [];
  readonly turns = new WorkTurns(
    () => millis(this.now),
    (task) => this.tasks.push(task),
  );

  /** The end of one turn. False: nobody has asked for it. */
  turn(): boolean {
    const { tasks } = this;
    this.tasks = [];
    for (const task of tasks) task();
    if (tasks.length > 0) this.done.push('|');
    return tasks.length > 0;
  }

  work(name: string, time: number): Millis {
    const began = this.turns.now();
    this.now += time;
    this.done.push(name);
    return this.turns.took(began);
  }

  /** Has so many steps to do, of that time each. */
  queue(name: string, steps: number, time: number): void {
    const { accounts } = this;
    this.turns.queue({
      get account() {
        return accounts[name] ?? 0;
      },
      workOn: () => {
        this.work(name, time);
        if (steps > 1) this.queue(name, steps - 1, time);
      },
    });
  }

  drain(): string {
    while (this.turn());
    return this.done.join('');
  }
}

describe('long work', () => {
  test('is done one step a turn, each worker in its turn', () => {
    const loop = new Loop();
    loop.queue('a', 3, 0.9);
    loop.queue('b', 1, 0.9);
    loop.queue('c', 2, 0.9);
    expect(loop.drain()).toBe('a|b|c|a|c|a||');
  });

  test('is done first for the tenant that has been given least, however many wait', () => {
    const loop = new Loop();
    Object.assign(loop.accounts, { a: 5, b: 3 });
    for (let at = 0; at < 4; at++) loop.queue('a', 1, 0.9);
    loop.queue('b', 2, 0.9);
    expect(loop.drain()).toBe('b|b|a|a|a|a||');
  });

  test('is done in more steps a turn where they are short, and none twice', () => {
    const loop = new Loop();
    for (const name of ['a', 'b', 'c', 'd']) loop.queue(name, 2, 0.2);
    expect(loop.drain()).toBe('abc|dab|cd||');
  });

  test('is not queued for while the turn has time', () => {
    const loop = new Loop();
    expect(loop.turns.hasTime).toBe(true);
    expect(loop.work('a', 0.3)).toBe(millis(0.3));
    expect(loop.turns.hasTime).toBe(true);
    loop.work('b', 0.3);
    expect(loop.turns.hasTime).toBe(false);
    loop.turn();
    expect(loop.turns.hasTime).toBe(true);
  });

  test('leaves no time to newcomers where others have waited for it', () => {
    const loop = new Loop();
    loop.queue('a', 2, 0.9);
    loop.turn();
    expect(loop.turns.hasTime).toBe(false);
    loop.turn();
    expect(loop.turns.hasTime).toBe(false);
    loop.turn();
    expect(loop.turns.hasTime).toBe(true);
  });

  test('goes on with the others where one fails', () => {
    const loop = new Loop();
    loop.turns.queue({
      account: 0,
      workOn: () => {
        throw new Error('no');
      },
    });
    loop.queue('a', 1, 0.1);
    expect(() => loop.turn()).toThrow('no');
    expect(loop.drain()).toBe('a||');
  });

  test('asks for no turn when there is nothing to do', () => {
    const loop = new Loop();
    loop.work('a', 0.1);
    loop.turn();
    expect(loop.turn()).toBe(false);
  });
});
