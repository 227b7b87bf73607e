// Which page is shown: the part of the address behind #, so that the gateway has one page to serve.
import { useEffect, useState } from 'preact/hooks';

export type Route = {
  /** The first word: `tenants`; empty: the overview. */
  readonly page: string;
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
};

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/').map(decoded);
  return { page, rest: rest.filter((word) => word !== ''), query: new URLSearchParams(query) };
}

/** The address of a page: `#/tenants/shop`. */
export function linkTo(...words: readonly string[]): string {
  return `#/${words.map(encodeURIComponent).join('/')}`;
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
