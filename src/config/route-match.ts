// What a route is for, as its table has it.
import type { NamedValues, PathPattern, RouteMatch } from '../route/match.ts';
import type { MatchConfig } from './routes.ts';

export function matchOf(config: MatchConfig): RouteMatch {
  const { path = [], path_prefix: prefixes = [], path_template: templates = [] } = config;
  const paths: readonly PathPattern[] = [
    ...path.map((text) => ({ kind: 'exact', text }) as const),
    ...prefixes.map((text) => ({ kind: 'prefix', text }) as const),
    ...templates.map((text) => ({ kind: 'template', text }) as const),
  ];
  return {
    paths: paths.length === 0 ? [{ kind: 'prefix', text: '/' }] : paths,
    methods: config.methods ?? [],
    hosts: config.hosts ?? [],
    headers: namedValues(config.headers),
    query: namedValues(config.query),
  };
}

function namedValues(map: Readonly<Record<string, readonly string[]>> = {}): readonly NamedValues[] {
  return Object.entries(map).map(([name, values]) => ({ name, values: values.includes('*') ? null : values }));
}
