import { describe, expect, test } from 'bun:test';
import { TurnClock, TurnEnd } from '../../src/core/turn.ts';
import { millis } from '../../src/core/units.ts';

/** The runtime's side of it: what is asked for is done when the test says so. */
class Loop {
  asked = 0;
  time = 0;
  private tasks: (() => void)[] = [];
  readonly afterEvents = (task: () => void): void => {
    this.asked++;
    this.tasks.push(task);
  };

  endTurn(): void {
    for (const task of this.tasks.splice(0)) task();
  }
}

describe('the end of a turn', () => {
  test('is asked for once for all who wait for it', () => {
    const loop = new Loop();
    const done: string[] = [];
    const end = new TurnEnd(loop.afterEvents);
    end.add(() => done.push('a'));
    end.add(() => done.push('b'));
    loop.endTurn();
    expect([loop.asked, ...done]).toEqual([1, 'a', 'b']);
  });

  test('comes again for what was added within it', () => {
    const loop = new Loop();
    const done: string[] = [];
    const end = new TurnEnd(loop.afterEvents);
    end.add(() => end.add(() => done.push('later')));
    loop.endTurn();
    expect(done).toEqual([]);
    loop.endTurn();
    expect(done).toEqual(['later']);
  });

  test('comes for the others, too, when a task fails', () => {
    const loop = new Loop();
    const done: string[] = [];
    const end = new TurnEnd(loop.afterEvents);
    end.add(() => {
      throw new Error('a bug');
    });
    end.add(() => done.push('b'));
    expect(() => loop.endTurn()).toThrow('a bug');
    loop.endTurn();
    expect(done).toEqual(['b']);
  });
});

describe('the time of a turn', () => {
  test('stands still within it, and is read anew in the next', () => {
    const loop = new Loop();
    const clock = new TurnClock({ now: () => millis(loop.time) }, new TurnEnd(loop.afterEvents).add);
    const first = clock.now();
    loop.time = 5;
    expect(clock.now()).toBe(first);
    loop.endTurn();
    expect(clock.now()).toBe(millis(5));
  });
});
