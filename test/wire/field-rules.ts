// Checks fields and lines against the rules of a case.
import { type Field, valuesOf } from '../support/reference-parser.ts';
import type { FieldRule, FieldRules } from './case.ts';

/** How the fields break the rules; `where` names the message in each problem. */
export function checkFields(fields: readonly Field[], rules: FieldRules, where: string): string[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const values = valuesOf(fields, name);
    return fits(values, rule) ? [] : [`${where} field ${name} is ${JSON.stringify(values)}, not ${describe(rule)}`];
  });
}

/** The problem of a text that must be one of these; empty: it is. */
export function checkText(text: string, rule: string | readonly string[] | RegExp, where: string): string[] {
  const isRight = rule instanceof RegExp ? rule.test(text) : [rule].flat().includes(text);
  return isRight
    ? []
    : [`${where} ${JSON.stringify(text)}, not ${rule instanceof RegExp ? rule : [rule].flat().join(' or ')}`];
}

function fits(values: readonly string[], rule: FieldRule): boolean {
  if (rule === null) return values.length === 0;
  if (typeof rule === 'string') return values.length === 1 && values[0] === rule;
  if (Array.isArray(rule)) return values.length === rule.length && values.every((value, i) => value === rule[i]);
  if ('oneOf' in rule) return rule.oneOf.some((one) => fits(values, one));
  if ('matches' in rule) return values.length > 0 && rule.matches.test(values.join(', '));
  if ('without' in rule) return values.every((value) => !value.includes(rule.without));
  return false;
}

function describe(rule: FieldRule): string {
  if (rule === null) return 'absent';
  if (typeof rule === 'object' && 'matches' in rule) return String(rule.matches);
  return JSON.stringify(rule);
}
