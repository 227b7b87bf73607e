// The client whose zeros the fault tests rely on: it must see what is wrong.
import { describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { CarefulClient, type Tally } from '../support/careful-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';

const answer = (body: string, length = body.length, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n${body}`;

/** What the client says of the first requests that are answered so. */
async function judge(reply: (socket: Socket, number: string) => void): Promise<Tally> {
  await using origin = await RawOrigin.start('a', (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => reply(socket, /n=(\d+)/.exec(bytes.toString())?.[1] ?? ''));
  });
  await using client = new CarefulClient(Number(new URL(origin.url).port), '/', 1);
  await until(() => Object.values(client.tally).some((count) => count > 0), 'one has been judged');
  return { ...client.tally };
}

/** The only kind that was counted. */
const verdict = (tally: Tally): string[] => Object.entries(tally).flatMap(([kind, count]) => (count > 0 ? [kind] : []));

describe('the careful client', () => {
  test.each<[string, keyof Tally, (socket: Socket, number: string) => void]>([
    ['its own answer', 'served', (socket, number) => socket.write(answer(`${number} page ${number}`))],
    ['another status', 'refused', (socket) => socket.write(answer('no', 2, '503 Service Unavailable'))],
    ['the answer to another', 'wrong', (socket) => socket.write(answer('77 page 77'))],
    ['a body that is longer than it says', 'wrong', (socket, number) => socket.write(answer(`${number} ${number}`, 1))],
    ['a body without a length', 'wrong', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n')],
    ['a body that ends early', 'lost', (socket) => socket.end(answer('0 pa', 9))],
    ['a reset', 'lost', (socket) => socket.resetAndDestroy()],
    ['a FIN instead of an answer', 'lost', (socket) => socket.end()],
  ])('takes %s for %s', async (_, kind, reply) => {
    expect(verdict(await judge(reply))).toEqual([kind]);
  });
});
