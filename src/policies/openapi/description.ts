// A description as it is handed on to the processes that serve.
import { type Result, ok } from '../../core/result.ts';
import { millis } from '../../core/units.ts';
import { Budget } from './budget.ts';
import { Checker } from './checker.ts';
import { readDocument } from './document.ts';
import { Operations } from './operations.ts';
import { Translation } from './translation.ts';

const NO_TIME = millis(0);

/** The same as JSON, which is read a hundred times faster than YAML. The error says why requests cannot be checked by it. */
export function readDescription(source: string): Result<string, string> {
  const document = readDocument(source);
  if (!document.ok) return document;
  const operations = Operations.of(document.value, null);
  if (!operations.ok) return operations;
  const translation = new Translation(document.value, 'request', () => undefined);
  const examined = operations.value.examine(new Checker(translation, new Budget(() => NO_TIME, NO_TIME)));
  return examined.ok ? ok(JSON.stringify(document.value.root)) : examined;
}
