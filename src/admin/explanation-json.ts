// An explanation as JSON: with keys in the style of the admin API and the configuration.
import type { Explanation } from '../forward/explain.ts';
import { statusOf } from '../respond/failure-response.ts';

/** The value for `explain --json`. */
export function explanationJson(explanation: Explanation): object {
  if (explanation.kind !== 'refused') return mapWithSnakeKeys(explanation);
  const { code, detail } = explanation.failure;
  return { kind: 'refused', status: statusOf(code), code, detail };
}

function withSnakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSnakeKeys);
  return typeof value === 'object' && value !== null ? mapWithSnakeKeys(value) : value;
}

function mapWithSnakeKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), withSnakeKeys(inner)]));
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
