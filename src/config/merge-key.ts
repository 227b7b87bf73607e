// YAML's merge key: `<<: *name` puts the entries of another map in, where a map has none of its own under the same key.
import { type Pair, type ParsedNode, Scalar, isScalar } from 'yaml';

/** Whether an entry merges others in. A `<<` in quotes is a key like any other. */
export function isMerge({ key }: Pick<Pair<ParsedNode, ParsedNode | null>, 'key'>): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN;
}
