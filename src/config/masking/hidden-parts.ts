// What of a single value is secret. References to variables and files are shown: they name a secret, and are none.
import { MASK, isSecretName } from '../../core/secrets.ts';

/** A text with a mask for each part that is hidden, and what the masks stand for, in their order. */
export type Shown = { readonly text: string; readonly hidden: readonly string[] };

/** A value that is a secret as a whole: its references stay. */
export function hideWhole(text: string): Shown {
  const hidden: string[] = [];
  return { text: hideLiterals(text, hidden), hidden };
}

/** A value of any setting: what is a secret wherever it stands, such as the password of a URL. */
export function hideWithin(text: string): Shown {
  if (/-----BEGIN [A-Z ]+-----/.test(text)) return { text: MASK, hidden: [text] };
  // Most values have neither, and the expression below costs more than all the rest.
  if (!/[@=]/.test(text)) return { text, hidden: [] };
  const hidden: string[] = [];
  const shown = text.replaceAll(WITHIN, (whole, ...found: unknown[]) => {
    const groups = found.at(-1);
    const { before = '', user, name = '', value } = partsOf(groups);
    if (user !== undefined) return `${before}${hideUser(user, hidden)}@`;
    return value === undefined || !isSecretName(name) ? whole : `${before}${name}=${hideLiterals(value, hidden)}`;
  });
  return { text: shown, hidden };
}

// `name:password`, each of which may be a reference.
function hideUser(user: string, hidden: string[]): string {
  const parts = user.match(/(?:\$\{[^}]*\}|[^:])+|:/g) ?? [];
  return parts.map((part) => (part === ':' ? part : hideLiterals(part, hidden))).join('');
}

// The user of a URL; and `name=value`, as in its query, in a cookie or in a word of a command. Each begins where a word does, and
// a reference is read in one way only: otherwise a long text would take quadratic time, or more.
const WITHIN =
  /(?<before>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/)(?<user>(?:\$\{[^}]*\}|\$(?!\{)|[^\s/?#@"'$])+)@|(?<before>[?&;\s]|(?<![\w.-])--?|^)(?<name>[A-Za-z][\w.-]*)=(?<value>(?:\$\{[^}]*\}|[^&;\s"'])+)/gi;

type Parts = { readonly before?: string; readonly user?: string; readonly name?: string; readonly value?: string };

function partsOf(groups: unknown): Parts {
  const parts: Record<string, string> = {};
  if (typeof groups !== 'object' || groups === null) return parts;
  for (const [name, part] of Object.entries(groups)) if (typeof part === 'string') parts[name] = part;
  return parts;
}

const REFERENCE = /\$\{([^}]*)\}/g;

// Everything but references; of a reference with a default, the default.
function hideLiterals(text: string, hidden: string[]): string {
  let shown = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, inside = ''] = match;
    const at = inside.indexOf(':-');
    shown += hideLiteral(text.slice(end, match.index), hidden);
    shown += at < 0 ? whole : `\${${inside.slice(0, at)}:-${hideLiteral(inside.slice(at + 2), hidden)}}`;
    end = match.index + whole.length;
  }
  return shown + hideLiteral(text.slice(end), hidden);
}

// Words that say how a secret is meant, and places such as `{tenant}`, are none.
const NO_SECRET = /^(?:\s|\*|,|;|\{[\w.:-]+\})*$/;

function hideLiteral(text: string, hidden: string[]): string {
  if (NO_SECRET.test(text) && text !== MASK) return text;
  const [, scheme = '', rest = ''] = /^(\s*(?:(?:Bearer|Basic|Token|Digest)(?:\s+|$))?)([\s\S]*)$/i.exec(text) ?? [];
  if (rest === '') return text;
  hidden.push(rest);
  return `${scheme}${MASK}`;
}
