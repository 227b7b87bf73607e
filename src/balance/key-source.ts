// The part of a request that is its key: requests with the same key go to the same backend.
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, text } from '../core/settings.ts';

/** Where the key comes from. For a request that has no such part, the client's address is the key. */
export type KeySource =
  | { readonly from: 'client' }
  | { readonly from: 'path' }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'cookie'; readonly name: string }
  | { readonly from: 'query'; readonly name: string };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PARAMETER = /^[^&=#\s]+$/;
const FORMS = 'client, path, header:<name>, cookie:<name> or query:<name>';

/** Reads `client`, `path`, `header:x-user`, `cookie:session` or `query:id`. */
export function parseKeySource(source: string): Result<KeySource, Refusal> {
  const colon = source.indexOf(':');
  const name = source.slice(colon + 1);
  switch (colon < 0 ? source : source.slice(0, colon + 1)) {
    case 'client':
      return ok({ from: 'client' });
    case 'path':
      return ok({ from: 'path' });
    case 'header:':
      return TOKEN.test(name)
        ? ok({ from: 'header', name: name.toLowerCase() })
        : refuse('is not the name of a header');
    case 'cookie:':
      return TOKEN.test(name) ? ok({ from: 'cookie', name }) : refuse('is not the name of a cookie');
    case 'query:':
      return PARAMETER.test(name) ? ok({ from: 'query', name }) : refuse('is not the name of a query parameter');
  }
  return refuse('is not known');
}

function refuse(why: string): Result<never, Refusal> {
  return err({ message: `{value} ${why}` });
}

/** The option `key` of the balancers that have one. */
export const keyOption = text<KeySource>({ type: 'key source', expected: FORMS, parse: parseKeySource })
  .prefault('client')
  .meta({
    description:
      'The part of a request that is its key: the same key goes to the same backend. Without it, the key is the client address.',
    'x-reason': 'every request has a client address.',
  });
