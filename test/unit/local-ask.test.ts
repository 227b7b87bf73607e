import { expect, test } from 'bun:test';
import { LocalAsk } from '../../src/forward/local-ask.ts';
import { ASKING, type Phase } from '../../src/forward/phases.ts';
import { EMPTY } from '../../src/message/bytes.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { LocalResponse } from '../../src/message/local-response.ts';
import { requestHead } from '../support/heads.ts';

const ANSWER: LocalResponse = { status: 200, headers: [], body: EMPTY };
const CLIENT = { address: '', isTls: false, tls: null, version: '1.1', port: 0, claims: null } as const;

class Asking {
  readonly bugs: string[] = [];
  readonly failures: string[] = [];
  readonly answers: LocalResponse[] = [];
  readonly ask: LocalAsk;

  constructor(answer: (response: LocalResponse) => void = () => undefined) {
    const owner = {
      head: requestHead('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
      client: CLIENT,
      get phase(): Phase {
        return ASKING;
      },
      downstream: null,
      answerPath: { takeBy: () => undefined },
      enter: () => undefined,
      finish: () => undefined,
      readBody: () => Promise.resolve({ kind: 'too_large' as const }),
      answer: (response: LocalResponse) => {
        this.answers.push(response);
        answer(response);
      },
      giveUp: ({ code }: Failure) => void this.failures.push(code),
    };
    this.ask = new LocalAsk(owner, { reportBug: ({ message }) => void this.bugs.push(message) });
  }

  async rest(): Promise<void> {
    for (let n = 0; n < 10; n++) await Promise.resolve();
  }
}

test('an answer that does not come, or cannot be taken, is a bug of the gateway, and the request fails', async () => {
  const breaking = (): never => {
    throw new Error('broken');
  };
  for (const [asking, handle] of [
    [new Asking(), () => Promise.reject(new Error('broken'))],
    [new Asking(breaking), () => Promise.resolve(ANSWER)],
  ] as const) {
    asking.ask.ask({ handle });
    await asking.rest();
    expect([asking.bugs, asking.failures]).toEqual([['broken'], ['internal']]);
  }
});

test('an answer that comes when its request is over reaches nobody', async () => {
  const asking = new Asking();
  asking.ask.ask({ handle: () => Promise.resolve(ANSWER) });
  asking.ask.end();
  await asking.rest();
  expect([asking.answers, asking.bugs]).toEqual([[], []]);
});
