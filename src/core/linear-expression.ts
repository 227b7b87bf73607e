// Regular expressions whose time grows with the length of the text, and with nothing else (RE2): one of the runtime's own
// cannot be interrupted, and a client could stop the gateway by a text that is made for it.
import type * as Re2 from 're2js';
import { type Result, err, ok } from './result.ts';

export type LinearExpression = {
  /** How many groups it has. */
  readonly groups: number;
  readonly names: Readonly<Record<string, number>>;
  /** The groups of its first match, of which those that took no part are empty; null: nothing in the text matches. */
  readonly find: (text: string) => readonly string[] | null;
};

/** The error says what is wrong, for people. */
export function compileExpression(source: string): Result<LinearExpression, string> {
  try {
    const expression = library().RE2JS.compile(source);
    const groups = expression.groupCount();
    return ok({
      groups,
      names: { ...expression.namedGroups() },
      find(text) {
        const matcher = expression.matcher(text);
        if (!matcher.find()) return null;
        return Array.from({ length: groups + 1 }, (_, group) => matcher.group(group) ?? '');
      },
    });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

type Library = typeof Re2;

let loaded: Library | null = null;

// It takes 3 MiB of each process, and most configurations have no expressions.
function library(): Library {
  if (loaded === null) {
    const found: unknown = require('re2js');
    if (!isLibrary(found)) throw new Error('re2js is not what it was');
    loaded = found;
  }
  return loaded;
}

function isLibrary(found: unknown): found is Library {
  return typeof found === 'object' && found !== null && 'RE2JS' in found;
}
