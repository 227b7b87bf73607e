// The configuration that the wire suite runs against.

/** YAML for a gateway whose tenants all lead to the backend at this port. */
export function wireConfig(backendPort: number, options: { readonly trusting: boolean }): string {
  const url = `http://127.0.0.1:${backendPort}`;
  return `
${options.trusting ? 'trusted_proxies: ["127.0.0.0/8"]' : ''}
via: both
loop_id: this.test
listeners: [{ address: "127.0.0.1:0", half_close: true }]
tenants:
  - name: all
    path_prefix: "/"
    services: [{ name: a, url: "${url}" }]
  - name: hosted
    domains: ["hosted.test"]
    services: [{ name: a, url: "${url}" }]
  - name: strip
    domains: ["strip.test"]
    path_prefix: "/api/"
    services: [{ name: a, url: "${url}/base" }]
  - name: traced
    domains: ["traced.test"]
    allow_trace: true
    services: [{ name: a, url: "${url}" }]
  - name: trailing
    domains: ["trailing.test"]
    request_trailers: true
    services: [{ name: a, url: "${url}" }]
  - name: small
    domains: ["small.test"]
    limits: { body_bytes: 1KiB }
    services: [{ name: a, url: "${url}" }]
`;
}

/** The port of its listener for clients that close their sending half. */
export function halfClosePortOf({ output }: { readonly output: string }): number {
  const [, port = ''] = Array.from(output.matchAll(/:(\d+) \(/g), ([, found = '']) => found);
  return Number(port);
}
