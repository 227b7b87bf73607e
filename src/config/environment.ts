// Replaces references in values: ${NAME} and ${NAME:-default} by environment variables, ${file:/path} by the content of a
// file; $${ is a plain ${.
import { type Result, err, ok } from '../core/result.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a text has anything to replace. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

const TOKEN = /\$\$\{|\$\{([^}]*)\}?/g;

const FILE = 'file:';

/** What references stand for. */
export type References = {
  readonly environment: Environment;
  /** The content of each file that a reference names, or a sentence about why it cannot be read. */
  readonly files: ReadonlyMap<string, Result<string, string>>;
};

/** The paths of the files that a text refers to. */
export function filesOf(text: string): readonly string[] {
  if (!text.includes(`\${${FILE}`)) return [];
  const references = Array.from(text.matchAll(TOKEN), ([token, reference = '']) =>
    token.endsWith('}') ? reference : '',
  );
  return references.filter((one) => one.startsWith(FILE) && one !== FILE).map((one) => one.slice(FILE.length));
}

/** A part of a text. `isBorn`: it comes from the environment or a file, and may be a secret. */
export type Part = { readonly text: string; readonly isBorn: boolean };

/** A text with its references replaced, in parts. Values that are put in are not searched for references. The error is a
 * sentence that names the variable, never a value. */
export function substitute(text: string, known: References): Result<readonly Part[], string> {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, reference] = match;
    parts.push({ text: text.slice(end, match.index), isBorn: false });
    end = match.index + token.length;
    const value = readToken(token, reference, known);
    if (!value.ok) return value;
    parts.push(value.value);
  }
  parts.push({ text: text.slice(end), isBorn: false });
  return ok(parts.filter((part) => part.text !== ''));
}

function readToken(token: string, reference: string | undefined, known: References): Result<Part, string> {
  if (reference === undefined) return ok({ text: '${', isBorn: false });
  if (token.endsWith('}')) return reference.startsWith(FILE) ? contentOf(reference, known) : lookUp(reference, known);
  return err('has a "${" without its "}"; a plain "${" is written "$${"');
}

function contentOf(reference: string, { files }: References): Result<Part, string> {
  const file = reference.slice(FILE.length);
  if (file === '') return err('has a "${file:…}" without the path of a file');
  const content = files.get(file) ?? err(`the file ${file} has not been read`);
  return content.ok ? ok({ text: content.value, isBorn: true }) : content;
}

function lookUp(reference: string, { environment }: References): Result<Part, string> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(reference);
  if (match === null)
    return err('has a "${…}" that is not a variable\'s name, nor file: and a path; a plain "${" is written "$${"');
  const [, variable = '', fallback] = match;
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
  // As in a shell: with `:-`, an empty variable counts as unset.
  if (value !== undefined && (value !== '' || fallback === undefined)) return ok({ text: value, isBorn: true });
  if (fallback !== undefined) return ok({ text: fallback, isBorn: false });
  return err(`the environment variable ${variable} is not set, and there is no default as in "\${${variable}:-…}"`);
}

/** The value of an unquoted text in YAML's core schema. */
export function resolvePlain(text: string): string | number | boolean | null {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  if (/^[-+]?\d+$/.test(text) || /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^0o[0-7]+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : text;
}
