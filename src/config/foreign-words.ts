// Words that people bring along from other programs: what they are called here, and what there is not.

// The first of the words that the map knows is meant.
const MEANINGS: readonly { readonly words: readonly string[]; readonly here: readonly string[] }[] = [
  {
    words: 'backend backends upstream upstreams server servers origin origins target targets'.split(' '),
    here: ['services'],
  },
  { words: 'proxy_pass proxy_to uri address addr endpoint'.split(' '), here: ['url', 'services'] },
  { words: 'host hosts hostname hostnames server_name server_names vhost domain'.split(' '), here: ['domains'] },
  {
    words: 'location locations prefix path paths path_prefixes route routes base_path'.split(' '),
    here: ['path_prefix'],
  },
  { words: 'site sites vhosts apps hosts virtual_hosts'.split(' '), here: ['tenants'] },
  { words: 'listen bind port ports entrypoints entry_points addresses'.split(' '), here: ['listeners', 'address'] },
  { words: 'lb lb_policy load_balancing load_balancer loadbalancer algorithm strategy'.split(' '), here: ['balance'] },
  { words: 'healthcheck health_checks healthchecks check checks probe'.split(' '), here: ['health_check', 'health'] },
  { words: 'sticky sticky_session sticky_sessions session_affinity'.split(' '), here: ['affinity'] },
  { words: 'retries try'.split(' '), here: ['retry', 'attempts'] },
  { words: 'gzip compress encode brotli'.split(' '), here: ['compression'] },
  { words: 'ssl https certificate certificates'.split(' '), here: ['tls'] },
  { words: 'ssl_certificate cert crt certificate'.split(' '), here: ['cert_file'] },
  { words: 'ssl_certificate_key key private_key'.split(' '), here: ['key_file'] },
  { words: 'letsencrypt lets_encrypt certbot certificate_resolvers'.split(' '), here: ['acme'] },
  { words: 'set_real_ip_from trusted_ips trusted'.split(' '), here: ['trusted_proxies'] },
  { words: 'resolver'.split(' '), here: ['dns'] },
  { words: 'opentelemetry otel otlp traces trace'.split(' '), here: ['tracing'] },
  { words: 'http2 h2'.split(' '), here: ['h2c', 'protocol'] },
  { words: 'prometheus'.split(' '), here: ['metrics'] },
  { words: 'imports import includes'.split(' '), here: ['include'] },
];

/** What is a policy here: which one. */
const POLICIES: Readonly<Record<string, string>> = {
  rate_limit: 'rate_limit',
  ratelimit: 'rate_limit',
  limit_req: 'rate_limit',
  limit_conn: 'concurrency',
  concurrency: 'concurrency',
  auth_basic: 'basic_auth',
  basic_auth: 'basic_auth',
  basicauth: 'basic_auth',
  forward_auth: 'forward_auth',
  auth_request: 'forward_auth',
  jwt: 'jwt',
  api_key: 'api_key',
  cache: 'cache',
  proxy_cache: 'cache',
  cors: 'cors',
  rewrite: 'rewrite',
  rewrites: 'rewrite',
  redirect: 'redirect',
  redirects: 'redirect',
  return: 'static',
  static: 'static',
  headers: 'headers',
  add_header: 'headers',
  security_headers: 'security_headers',
  grpc_web: 'grpc_web',
  grpcweb: 'grpc_web',
  error_page: 'error_pages',
  error_pages: 'error_pages',
  maintenance: 'maintenance',
  mirror: 'mirror',
  ip_whitelist: 'ip_access',
  ip_access: 'ip_access',
  allow: 'ip_access',
  deny: 'ip_access',
};

const FEATURES: Readonly<Record<string, string>> = {
  root: 'serving of files',
  file_server: 'serving of files',
  http3: 'HTTP/3',
  quic: 'HTTP/3',
  waf: 'a firewall for requests',
};

/** Values of settings, by what they are called elsewhere. */
const VALUES: readonly { readonly words: readonly string[]; readonly here: string }[] = [
  { words: 'leastconn least_conn least_connections least_request'.split(' '), here: 'least_requests' },
  { words: 'rr wrr roundrobin static_rr weighted_round_robin'.split(' '), here: 'round_robin' },
  { words: 'ip_hash source client_ip_hash uri uri_hash hash ring_hash maglev'.split(' '), here: 'consistent_hash' },
  { words: 'random_choose two_random_choices power_of_two'.split(' '), here: 'p2c' },
];

/** The known key that a word of another program stands for; null: none. */
export function meantByForeign(word: string, known: readonly string[]): string | null {
  const wanted = normalise(word);
  for (const { words, here } of MEANINGS) {
    const key = words.includes(wanted) ? here.find((candidate) => known.includes(candidate)) : undefined;
    if (key !== undefined) return key;
  }
  return null;
}

/** The policy that an unknown key stands for; null: none. */
export function meantPolicy(word: string): string | null {
  const wanted = normalise(word);
  return Object.hasOwn(POLICIES, wanted) ? (POLICIES[wanted] ?? null) : null;
}

/** The known value that a word of another program stands for; null: none. */
export function meantValue(word: string, known: readonly string[]): string | null {
  const wanted = normalise(word);
  return VALUES.find(({ words, here }) => known.includes(here) && words.includes(wanted))?.here ?? null;
}

/** What an unknown key asks for, if other programs have it and this one has not. */
export function missingFeature(word: string): string | null {
  const wanted = normalise(word);
  return Object.hasOwn(FEATURES, wanted) ? (FEATURES[wanted] ?? null) : null;
}

function normalise(word: string): string {
  return word
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-. ]/g, '_')
    .toLowerCase();
}
