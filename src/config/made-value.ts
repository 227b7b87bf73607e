// What a program exports as its configuration, as a text that is read like any other.
import { type Result, err, ok } from '../core/result.ts';
import type { ModuleFault } from './files.ts';

/** The schema needs 6. */
const DEEPEST = 64;

type Path = readonly (string | number)[];
type Wrong = Pick<ModuleFault, 'path' | 'message' | 'expected'>;

/** The value as JSON. The error says where in it something else than data is. */
export function jsonOfMade(value: unknown): Result<string, Wrong> {
  const wrong = value === undefined || value === null ? NOTHING : firstWrong(value, [], new Set());
  return wrong === null ? ok(JSON.stringify(value)) : err(wrong);
}

const NOTHING: Wrong = {
  path: [],
  message: 'has no default export',
  expected: 'export default defineConfig({ tenants: [ … ] }), or a function that returns the configuration',
};

function firstWrong(value: unknown, path: Path, above: ReadonlySet<object>): Wrong | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : { path, message: `${value} is no setting`, expected: 'a number' };
    case 'object':
      return value === null ? null : firstWrongWithin(value, path, above);
    case 'bigint':
    case 'function':
    case 'symbol':
      return { path, message: `a ${typeof value} is no setting`, ...PLAIN };
  }
}

const PLAIN = { expected: 'texts, numbers, true or false, lists and maps' };

function firstWrongWithin(value: object, path: Path, above: ReadonlySet<object>): Wrong | null {
  if (above.has(value)) return { path, message: 'the value is inside itself', ...PLAIN };
  if (path.length > DEEPEST) return { path, message: `is nested deeper than ${DEEPEST} levels` };
  const within = new Set(above).add(value);
  if (Array.isArray(value)) return firstOf(value.entries(), path, within);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return firstOf(Object.entries(value), path, within);
  return { path, message: `an object of the class ${nameOf(value)} is no setting`, ...PLAIN };
}

function firstOf(
  entries: Iterable<readonly [string | number, unknown]>,
  path: Path,
  above: ReadonlySet<object>,
): Wrong | null {
  for (const [key, item] of entries) {
    const wrong = firstWrong(item, [...path, key], above);
    if (wrong !== null) return wrong;
  }
  return null;
}

function nameOf(value: object): string {
  return typeof value.constructor === 'function' ? value.constructor.name : 'unknown';
}
