// What the supervisor knows of the connections to each address.
import { describe, expect, test } from 'bun:test';
import { DoorCounts, type DoorReport } from '../../src/listen/door-counts.ts';
import { DoorBook } from '../../src/supervise/door-book.ts';

const [HERE, THERE] = ['127.0.0.1:80', '127.0.0.1:81'];

function door(address: string, accepted: number, open = accepted): DoorReport {
  const limits = { connections: 10, connectionsPerClient: null, handshakes: null };
  return { address, open, handshaking: 0, counts: Object.assign(new DoorCounts(), { accepted }), limits };
}

function seen(book: DoorBook<string>): readonly (readonly [string, number, number])[] {
  return book.reports.map(({ address, open, counts }) => [address, open, counts.accepted] as const);
}

describe('the connections of all workers', () => {
  test('are those of each address together', () => {
    const book = new DoorBook<string>();
    book.told('one', [door(HERE, 3), door(THERE, 1)]);
    book.told('other', [door(HERE, 4)]);
    expect(seen(book)).toEqual([
      [HERE, 7, 7],
      [THERE, 1, 1],
    ]);
  });

  test('stay counted when a worker ends', () => {
    const book = new DoorBook<string>();
    book.told('one', [door(HERE, 3)]);
    book.told('other', [door(HERE, 4)]);
    book.ended('one');
    expect(seen(book)).toEqual([[HERE, 4, 7]]);
  });

  test('stay counted when a worker that has helped out listens no more', () => {
    const book = new DoorBook<string>();
    book.told('one', [door(HERE, 3)]);
    for (let round = 0; round < 2; round++) {
      book.told('helper', [door(HERE, 10)]);
      book.told('helper', []);
    }
    expect(seen(book)).toEqual([[HERE, 3, 23]]);
  });

  test('of an address that has gone are forgotten', () => {
    const book = new DoorBook<string>();
    book.told('one', [door(HERE, 3), door(THERE, 5)]);
    book.told('one', [door(HERE, 3)]);
    book.forgetAbsent();
    book.told('one', [door(HERE, 3), door(THERE, 1)]);
    expect(seen(book)).toEqual([
      [HERE, 3, 3],
      [THERE, 1, 1],
    ]);
  });
});
