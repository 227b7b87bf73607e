// Conditions on a text: it contains another text, matches a regular expression, or both.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';

/** A regular expression, compiled once. */
export type Pattern = { readonly source: string; readonly regex: RegExp };

const part = text<string>({ type: 'text', expected: 'a text', parse: (value) => ok(value) });

const pattern = text<Pattern>({
  type: 'regular expression',
  expected: 'a regular expression of JavaScript, such as "^(ok|up)$"; (?i:ok) ignores case',
  parse(source) {
    try {
      return ok({ source, regex: new RegExp(source, 'u') });
    } catch (error) {
      const reason = error instanceof SyntaxError ? error.message.replace(/^Invalid regular expression: /, '') : '';
      return err({ message: `{value} is not a regular expression: ${reason}` });
    }
  },
});

/** The fields of a map of such conditions. */
export const textMatchFields = {
  contains: z.exactOptional(part).meta({ description: 'A text that must be in it, with the same case.' }),
  matches: z.exactOptional(pattern).meta({
    description:
      'A regular expression of JavaScript that must match somewhere in it; `^` and `$` are its two ends. Avoid expressions that backtrack much: while one runs, the whole gateway stands still.',
  }),
};

const textMatchMap = z.strictObject(textMatchFields);
export type TextMatch = z.output<typeof textMatchMap>;

/** A map of conditions, or a text that must be contained. */
export const textMatch = z.preprocess(expand, textMatchMap).meta({ 'x-text': true });

function expand(value: unknown): unknown {
  return typeof value === 'object' || value === undefined ? value : { contains: value };
}

/** Whether a text meets all conditions. */
export function isMatch(value: string, { contains, matches }: TextMatch): boolean {
  return (contains === undefined || value.includes(contains)) && (matches === undefined || matches.regex.test(value));
}
