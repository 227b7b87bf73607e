// Why a request goes where it goes: the same parser, router and pools that would serve it, asked for their reasons.
import { type Failure, failure } from '../core/failure.ts';
import { HeadParser, type HeadLimits } from '../http1/head-parser.ts';
import { explainProblem } from '../http1/problems.ts';
import { latin1 } from '../message/bytes.ts';
import { Head, PATH_AMBIGUOUS } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { balanceKey } from '../pools/balance-key.ts';
import { isAmbiguous, needsSlash } from '../route/ambiguity.ts';
import type { Route, RouteRule } from '../route/router.ts';
import { type Destination, type Snapshot, type Tenant, takesTrace } from './snapshot.ts';

export type BackendExplanation = {
  readonly name: string;
  readonly url: string;
  readonly isPicked: boolean;
  /** The one reason why it is not eligible; null where it is. */
  readonly reason: string | null;
};

/** A rule that matches too, and why it did not win. */
export type PassedOver = { readonly name: string; readonly rule: string; readonly why: string };

export type Explanation =
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'admin' }
  | {
      readonly kind: 'tenant';
      readonly tenant: string;
      readonly rule: string;
      readonly why: string;
      readonly passedOver: readonly PassedOver[];
      /** In its normal form. */
      readonly target: string;
      /** As the backend would see it. */
      readonly forwarded: string;
      readonly backends: readonly BackendExplanation[];
    };

// Who asks by the command line asks from here.
const LOCAL = { address: '127.0.0.1' };

/** What would happen to a request. `host` and `target` as they would stand on the wire. Picks a backend, as a request
 * would. */
export function explain(
  snapshot: Snapshot,
  limits: HeadLimits,
  method: string,
  host: string,
  target: string,
): Explanation {
  const head = new Head();
  const parser = new HeadParser(limits);
  parser.begin();
  const text = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const result = parser.feedRequest(
    head,
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    0,
  );
  if (result <= 0) {
    const { code, detail } = explainProblem(result);
    return { kind: 'refused', failure: failure(code, detail) };
  }
  return explainHead(snapshot, head);
}

function explainHead(snapshot: Snapshot, head: Head): Explanation {
  const { router } = snapshot;
  if ((head.pathFlags & PATH_AMBIGUOUS) !== 0 && isAmbiguous(router, head)) {
    return { kind: 'refused', failure: failure('path-ambiguous') };
  }
  const path = latin1(head.bytes, head.pathStart, head.pathEnd);
  const query = latin1(head.bytes, head.pathEnd, head.targetEnd);
  const [winner, ...others] = router.candidates(head);
  if (winner === undefined) {
    if (needsSlash(router, head)) return { kind: 'redirect', location: `${path}/${query}` };
    return { kind: 'refused', failure: failure('no-route') };
  }
  if (head.isTrace && !takesTrace(winner.value)) return { kind: 'refused', failure: failure('method-refused') };
  if (winner.value.kind === 'local') return { kind: 'admin' };
  const { tenant, strip } = winner.value;
  const { keySource } = tenant.pool;
  const picked = tenant.pool.take([], keySource === null ? 0 : balanceKey(keySource, head, LOCAL));
  if (picked !== null) tenant.pool.release(picked);
  return {
    kind: 'tenant',
    tenant: tenant.name,
    rule: describeRule(winner.rule),
    why: whyItWon(winner.rule, others.length),
    passedOver: others.map((other) => passedOver(winner.rule, other)),
    target: path + query,
    forwarded: forwardedTarget(path.slice(strip), query, picked ?? tenant.pool.backends[0]),
    backends: explainBackends(tenant, picked),
  };
}

function explainBackends(tenant: Tenant, picked: Backend | null): readonly BackendExplanation[] {
  return tenant.pool.backends.map((backend) => ({
    name: backend.name,
    url: backend.options.url.safe,
    isPicked: backend === picked,
    reason: tenant.pool.health.reason(backend),
  }));
}

function forwardedTarget(path: string, query: string, backend: Backend | undefined): string {
  const url = backend?.options.url;
  const own = url?.query ?? '';
  const rooted = path.startsWith('/') ? path : `/${path}`;
  if (own === '') return (url?.base_path ?? '') + rooted + query;
  return `${url?.base_path ?? ''}${rooted}?${own}${query.length > 1 ? `&${query.slice(1)}` : ''}`;
}

/** `host a.test and path /api/`. */
export function describeRule(rule: RouteRule): string {
  if (rule.host === null) return `path ${rule.prefix ?? '/'}`;
  return rule.prefix === null ? `host ${rule.host}` : `host ${rule.host} and path ${rule.prefix}`;
}

function whyItWon(rule: RouteRule, others: number): string {
  if (others === 0) return 'the only rule that matches';
  if (rule.host === null) return 'the longest prefix that matches';
  return rule.host.startsWith('*.')
    ? 'a host comes before a path alone'
    : 'an exact host comes first, then the longest prefix';
}

function passedOver(winner: RouteRule, other: Route<Destination>): PassedOver {
  const { rule, value } = other;
  const name = value.kind === 'tenant' ? value.tenant.name : 'admin';
  return { name, rule: describeRule(rule), why: whyItLost(winner, rule) };
}

function whyItLost(winner: RouteRule, loser: RouteRule): string {
  if (winner.host === loser.host) return 'its prefix is shorter';
  return loser.host === null ? 'it names no host' : 'its host is a wildcard';
}
