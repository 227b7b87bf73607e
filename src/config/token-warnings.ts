// Warns of tokens of operators that everybody has who reads the configuration.
import { type ParsedNode, isScalar } from 'yaml';
import type { Finding } from './finding.ts';
import type { Config } from './schema.ts';
import type { Source } from './source.ts';

const PLAIN =
  'warning: whoever reads the file has this token; keystone token create makes one of which only the hash stands here, and "${NAME}" or "${file:PATH}" takes it from elsewhere';

export function warnOfPlainTokens({ admin }: Config, source: Source): readonly Finding[] {
  return admin.tokens.flatMap(({ token }, at) => {
    if (token === undefined) return [];
    const whole = ['admin', 'tokens', at];
    const inMap = source.scalarsBelow([...whole, 'token']);
    const [node] = inMap.length > 0 ? inMap : source.scalarsBelow(whole);
    if (node === undefined || isReference(node)) return [];
    return [{ path: inMap.length > 0 ? [...whole, 'token'] : whole, message: PLAIN }];
  });
}

// One with a default, too: that is what an example has in its place.
function isReference(node: ParsedNode): boolean {
  return isScalar(node) && node.source.includes('${');
}
