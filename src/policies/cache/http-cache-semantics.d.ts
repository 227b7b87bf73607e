// What is used of it. The package brings no declarations.
declare module 'http-cache-semantics' {
  type Headers = Readonly<Record<string, string>>;

  export default class CachePolicy {
    constructor(
      request: { readonly method: string; readonly url: string; readonly headers: Headers },
      response: { readonly status: number; readonly headers: Headers },
      options: { readonly shared: boolean; readonly cacheHeuristic: number; readonly immutableMinTimeToLive: number },
    );
    /** Whether it may be stored at all. */
    storable(): boolean;
    /** For how many seconds after its Date it is fresh. */
    maxAge(): number;
  }
}
