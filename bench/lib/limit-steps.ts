// The policies that limit, as steps of one request each.
import { PlaceLines } from '../../src/core/place-lines.ts';
import { millis } from '../../src/core/units.ts';
import { body } from '../../src/policies/body.ts';
import { botLimits } from '../../src/policies/bots/bot-limits.ts';
import type { Policy } from '../../src/policies/contract.ts';
import { rateLimit } from '../../src/policies/rate-limit/rate-limit.ts';
import type { Head } from '../../src/message/head.ts';
import { requestHead } from '../../test/support/heads.ts';
import { policyOf } from '../../test/support/policies/alone.ts';
import { policyTools } from '../../test/support/policies/tools.ts';
import { policyRequest } from '../../test/support/policy-request.ts';
import { sharedProcesses } from '../../test/support/shared-cells.ts';

type Step = readonly [name: string, step: () => number];

const WORDS = 20_000;
const PLENTY = 1_000_000;
const FINGERPRINT = '0123456789abcdef0123456789abcdef';
const UPLOAD =
  'POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 9\r\n\r\n';

/** Each lets its request in. `browser`: a request with the fields of one. */
export function limitSteps(browser: Head): readonly Step[] {
  // As fast as it is asked here, the clock of a test would be out of requests at once.
  const tools = { ...policyTools('main', WORDS), now: () => millis(performance.now()) };
  const rate = policyOf(rateLimit, { requests: PLENTY, per: '20ms', burst: PLENTY }, tools);
  const bots = policyOf(botLimits, {}, policyTools('main', WORDS));
  const types = policyOf(body, { types: ['text/plain', 'application/json'] });
  return [
    ['rate_limit: one client', stepOf(rate, browser)],
    ['concurrency: a place taken and given back', placeStep()],
    ['body: length and type', stepOf(types, requestHead(UPLOAD))],
    ['bot_limits: a browser', stepOf(bots, browser)],
  ];
}

function placeStep(): () => number {
  const [{ held: table }] = sharedProcesses(4).processes;
  const now = () => millis(performance.now());
  const lines = new PlaceLines({ table, now, every: () => () => undefined, random: Math.random });
  const bounds = { limit: 100, queue: 10, wait: millis(1000) };
  return () => {
    const stay = lines.enter(FINGERPRINT, '192.0.2.17', bounds);
    const { free } = stay;
    stay.leave();
    return free;
  };
}

function stepOf(policy: Policy, head: Head): () => number {
  const request = policyRequest(head);
  return () => {
    const verdict = policy.request?.(request);
    if (verdict === undefined || verdict instanceof Promise || verdict.kind !== 'continue')
      throw new Error('the request is not let in at once');
    return 1;
  };
}
