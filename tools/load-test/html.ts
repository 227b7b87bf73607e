// HTML as a type of its own, so that text gets into it only escaped.

/** Markup that is safe to put into a page. */
export type Html = { readonly text: string };

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template. Values of the type `Html` are put in as they are, all others as escaped text. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  const text = parts.map((part, at) => part + (at < values.length ? show(values[at]) : '')).join('');
  return { text };
}

/** Joins the items, one after the other. */
export function list(items: readonly Html[]): Html {
  return { text: items.map(({ text }) => text).join('') };
}

function show(value: string | number | Html): string {
  if (typeof value === 'object') return value.text;
  return String(value).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
