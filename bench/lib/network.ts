// Waits until a program under test answers.
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './processes.ts';

// Reading ten thousand tenants takes 5 s of processor time, on a machine that may have other work as well.
const START_MILLIS = 60_000;
const ANSWER_MILLIS = 2000;

/** Waits until a program answers with 200 and a body of the expected size; throws when it ends or hangs. */
export async function waitUntilServing(child: Child, url: string, bodyBytes: number): Promise<void> {
  const deadline = Date.now() + START_MILLIS;
  let last = 'no answer';
  while (Date.now() < deadline && !child.hasExited()) {
    const answer = await get(url).catch((cause: unknown) => `no answer: ${String(cause)}`);
    if (typeof answer !== 'string' && answer.status === 200 && answer.bytes === bodyBytes) return;
    last = typeof answer === 'string' ? answer : `${answer.status} with ${answer.bytes} bytes`;
    await sleep(50);
  }
  const state = child.hasExited() ? 'it has ended' : `${last}, expected 200 with ${bodyBytes} bytes`;
  throw new Error(`${url} is not served: ${state}\n${child.output()}`);
}

type Answer = { readonly status: number; readonly bytes: number };

async function get(url: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const onResponse = (response: IncomingMessage): void => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => (bytes += chunk.length));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }));
    response.on('error', reject);
  };
  const options = { agent: false, timeout: ANSWER_MILLIS } as const;
  const request = url.startsWith('https:')
    ? requestTls(url, { ...options, rejectUnauthorized: false }, onResponse)
    : requestPlain(url, options, onResponse);
  request.on('error', reject);
  request.on('timeout', () => request.destroy(new Error('timed out')));
  request.end();
  return await promise;
}
