// GET /plan
import type { Steps } from '../core/slices.ts';
import type { Plan } from '../plan/plan.ts';
import type { AdminEndpoint } from './contract.ts';
import { shownFacts } from './facts.ts';
import { json } from './json.ts';

export const plan = {
  path: '/plan',
  method: 'GET',
  summary:
    'What is in force, to compare with: the settings of the gateway as they are shown to people, and the fingerprint of each tenant. Never a secret.',
  access: 'operator',
  output: async () => (await import('./shapes/configuration.ts')).planAnswer,
  async answer(_, sources) {
    const answer = await sources.inSlices(answerOf(sources.plan()));
    return answer === null ? json(503, { error: 'the gateway is ending' }) : json(200, answer);
  },
} as const satisfies AdminEndpoint;

// Tenants in one step.
const STEP = 512;

function* answerOf({ gateway, tenants }: Plan): Steps<unknown> {
  const fingerprints: (readonly [string, string])[] = [];
  for (const { name, fingerprint } of tenants) {
    fingerprints.push([name, fingerprint]);
    if (fingerprints.length % STEP === 0) yield;
  }
  return { settings: shownFacts(gateway.settings), tenants: fingerprints };
}
