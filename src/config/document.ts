// One file of a configuration: its text as YAML, and as plain values.
import { LineCounter, isScalar } from 'yaml';
import { type Converted, convert } from './convert.ts';
import { decode } from './decode.ts';
import type { References } from './environment.ts';
import type { Finding } from './finding.ts';
import type { SourceFile } from './source.ts';
import { parseSyntax } from './syntax.ts';

/** A text read as YAML. Without a root, `findings` say why. Their paths are those within the file. */
export type ConfigDocument = SourceFile & { readonly findings: readonly Finding[] };

/** Reads a text as YAML. */
export function readDocument(file: string, text: string | Uint8Array): ConfigDocument {
  const decoded = decode(text);
  if (!decoded.ok) {
    const { message, before } = decoded.error;
    return { file, lines: linesOf(before), root: null, findings: [{ path: [], offset: before.length, message }] };
  }
  const { root, findings, lines } = parseSyntax(decoded.value);
  if (findings.length > 0) return { file, lines, root: null, findings };
  if (root !== null && !(isScalar(root) && root.value === null)) return { file, lines, root, findings };
  return unreadable(file, { message: 'is empty', expected: 'settings, such as "tenants:"' });
}

/** A file that there is no text of. */
export function unreadable(file: string, why: Pick<Finding, 'message' | 'expected'>): ConfigDocument {
  return { file, lines: null, root: null, findings: [{ path: [], isWhole: true, ...why }] };
}

/** Reads what a program has made. It was written as JSON, which is YAML as well, and whose lines nobody has seen. */
export function readMade(file: string, json: string): ConfigDocument {
  return { ...readDocument(file, json), lines: null };
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

/** A document with its values. */
export type ConvertedDocument = ConfigDocument & { readonly converted: Converted };

const NOTHING: Converted = {
  value: undefined,
  findings: [],
  targets: new Map(),
  born: new Map(),
  hasBlanks: false,
  isCutShort: false,
};

/** Makes values of a document. One that is given up on the way counts as unreadable. */
export function convertDocument(document: ConfigDocument, references: References): ConvertedDocument {
  const { root } = document;
  if (root === null) return { ...document, converted: NOTHING };
  const converted = convert(root, references);
  if (!converted.isCutShort) return { ...document, converted };
  return { ...document, root: null, findings: converted.findings, converted: NOTHING };
}
