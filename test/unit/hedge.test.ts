// Hedges, event by event: which of the two attempts counts, and what becomes of the other.
import { describe, expect, test } from 'bun:test';
import type { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';
import { A, B, C, linkTo, openTo, rigWithHedges } from '../support/exchange-scenes.ts';

describe('a hedge', () => {
  const hedged = async (rig: ExchangeRig, id: number): Promise<FakeClient> => {
    const client = rig.request('GET', id);
    await rig.clock.advance(400);
    return client;
  };

  test('that gets an answer worth a retry does not end the first attempt', async () => {
    const rig = await rigWithHedges(A, B);
    const client = await hedged(rig, 2);
    openTo(rig, 'b').answer(503);
    expect(client.outcome).toBeNull();
    linkTo(rig, 'a').answer(200);
    expect([client.outcome, rig.backend('a').inFlight, rig.backend('b').inFlight]).toEqual([200, 0, 0]);
  });

  test('stays when the first attempt has taken too long, and nobody is asked twice', async () => {
    const rig = await rigWithHedges(A, B);
    const client = await hedged(rig, 2);
    openTo(rig, 'b');
    await rig.clock.advance(4000);
    expect(rig.network.links.length).toBe(2);
    linkTo(rig, 'b').answer(200);
    expect([client.outcome, rig.backend('a').inFlight, rig.backend('b').inFlight]).toEqual([200, 0, 0]);
  });

  test('that is left alone and fails is not followed by the backend whose answer was left aside', async () => {
    const rig = await rigWithHedges(A, B, C);
    const client = await hedged(rig, 2);
    openTo(rig, 'b');
    linkTo(rig, 'a').answer(503);
    linkTo(rig, 'b').break();
    await rig.clock.advance(1000);
    openTo(rig, 'c').answer(200);
    expect(client.outcome).toBe(200);
  });
});

describe('a hedge of a request with a body', () => {
  test('sends the body, too', async () => {
    const rig = await rigWithHedges(A, B);
    const client = rig.request('GET', 2, 'a', 4);
    client.sendMore(3);
    await rig.clock.advance(400);
    expect(openTo(rig, 'b').request).toMatchObject({ id: '2', isWhole: true });
  });
});
