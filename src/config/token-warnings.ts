// Warns of tokens of operators that everybody has who reads the configuration.
import type { ParsedNode } from 'yaml';
import type { Finding } from './finding.ts';
import type { Config } from './schema.ts';
import type { Source } from './source.ts';

const PLAIN =
  'warning: whoever reads the file has this token; keystone token create makes one of which only the hash stands here, and "${NAME}" or "${file:PATH}" takes it from elsewhere';

/** `born`: values that come from elsewhere, such as the environment. */
export function warnOfPlainTokens(
  { admin }: Config,
  source: Source,
  born: { has(node: ParsedNode): boolean },
): readonly Finding[] {
  return admin.tokens.flatMap(({ token }, at) => {
    if (token === undefined) return [];
    const whole = ['admin', 'tokens', at];
    const inMap = source.scalarsBelow([...whole, 'token']);
    const isMap = inMap.length > 0;
    const nodes = isMap ? inMap : source.scalarsBelow(whole);
    if (nodes.length === 0 || nodes.some((node) => born.has(node))) return [];
    return [{ path: isMap ? [...whole, 'token'] : whole, message: PLAIN }];
  });
}
