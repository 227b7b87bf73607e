// Maps of names to texts that may be secret: fields of a request, variables of a program. Refusals do not repeat a text.
import { z } from 'zod';
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, SECRET, setting, text } from '../core/settings.ts';

type SecretTextKind = {
  readonly expected: string;
  /** Says what is wrong with a value; null: nothing. */
  readonly explain: (value: string) => string | null;
};

/** A text that may be secret. */
export function secretText({ expected, explain }: SecretTextKind) {
  return setting<string, string>({
    type: 'text',
    expected,
    json: { type: 'string' },
    parse(value) {
      if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
      const problem = explain(value);
      return problem === null ? ok(value) : err({ message: problem });
    },
  }).meta(SECRET);
}

type SecretMapKind = {
  readonly key: { readonly expected: string; readonly explain: (name: string) => string | null };
  readonly value: SecretTextKind;
};

/** A map of names to texts that may be secret. */
export function secretMap({ key, value }: SecretMapKind) {
  const parse = (name: string): Result<string, Refusal> => {
    const problem = key.explain(name);
    return problem === null ? ok(name) : err({ message: problem });
  };
  const name = text<string>({ type: 'name', expected: key.expected, parse });
  return z.record(name, secretText(value)).meta({ 'x-type': 'map of names to texts' });
}
