// What JSON may be beside what JSON.parse takes: no key stands twice in an object, since two programs would take different ones,
// and nothing is nested without an end.
import { type Result, err, ok } from '../../core/result.ts';

/** Deeper than any real body, and far from what would fill the stack of a program that reads it by recursion. */
const DEEPEST = 64;
const TWICE = 'has an object with the same key twice';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const COLON = 0x3a;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The value of a text in UTF-8. The error is for people, and shows nothing of the text. */
export function readJson(bytes: Uint8Array): Result<unknown, string> {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
  } catch {
    return err('is not UTF-8');
  }
  const problem = problemOf(text);
  if (problem !== null) return err(problem);
  try {
    value = JSON.parse(text);
  } catch {
    return err('is not JSON');
  }
  return ok(value);
}

// Goes through the text once. Whether it is JSON at all is found out by others.
function problemOf(text: string): string | null {
  /** For each open object its keys; null for a list. */
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_MAP || code === OPEN_LIST) {
      if (open.length === DEEPEST) return `is nested deeper than ${DEEPEST}`;
      open.push(code === OPEN_MAP ? new Set() : null);
    } else if (code === CLOSE_MAP || code === CLOSE_LIST) open.pop();
    else if (code === QUOTE) {
      const end = endOfText(text, at);
      const keys = open.at(-1) ?? null;
      if (keys !== null && isKey(text, end) && !isNew(keys, keyOf(text.slice(at, end + 1)))) return TWICE;
      at = end;
    }
  }
  return null;
}

function isNew(keys: Set<string>, key: string): boolean {
  if (keys.has(key)) return false;
  keys.add(key);
  return true;
}

function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}

// The same key may be written in several ways.
function keyOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
