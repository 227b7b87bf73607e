// The place that an exchange holds at its backend: what the backend is told of it, in order.
import { describe, expect, test } from 'bun:test';
import { HeldPlace } from '../../src/upstream/held-place.ts';

function place(mayStream = true): { readonly told: string[]; readonly place: HeldPlace } {
  const told: string[] = [];
  const held = new HeldPlace({
    takeTrial: () => 7,
    released: (trial) => told.push(`released ${trial}`),
    streamBegan: () => (told.push('stream'), mayStream),
    streamEnded: (trial) => told.push(`stream ended ${trial}`),
    tunnelBegan: () => told.push('tunnel'),
    tunnelEnded: () => told.push('tunnel ended'),
  });
  return { told, place: held };
}

describe('a place at a backend', () => {
  test('is given back with the number of its trial', () => {
    const { told, place: held } = place();
    held.take();
    held.leave();
    expect(told).toEqual(['released 7']);
  });

  test('becomes a stream once, and ends as one', () => {
    const { told, place: held } = place();
    held.take();
    held.becomeStream();
    held.becomeStream();
    held.leave();
    expect(told).toEqual(['stream', 'stream ended 7']);
  });

  test('stays a place where the backend has no room for streams', () => {
    const { told, place: held } = place(false);
    held.take();
    held.becomeStream();
    held.leave();
    expect(told).toEqual(['stream', 'released 7']);
  });

  test('of a tunnel tells its end, and the next exchange has a plain one again', () => {
    const { told, place: held } = place();
    held.take();
    held.becomeTunnel();
    held.leave();
    held.take();
    held.leave();
    expect(told).toEqual(['tunnel', 'stream', 'tunnel ended', 'stream ended 7', 'released 7']);
  });
});
