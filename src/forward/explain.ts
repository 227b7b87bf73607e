// Explains where a request would go, and why. Uses the parser, the decision and the writer that serve requests.
import type { LimitUse } from '../admit/tenant-limits.ts';
import { shownUrl } from '../config/backend-url.ts';
import { maskSecrets } from '../core/secrets.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import { HeadParser, type HeadLimits } from '../http1/head-parser.ts';
import { out } from '../http1/output.ts';
import { explainProblem } from '../http1/problems.ts';
import { writeRequestHead } from '../http1/write-request.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts, OriginFacts } from '../message/contract.ts';
import { Head } from '../message/head.ts';
import { NO_MARKS } from '../message/own-marks.ts';
import { compression } from '../policies/compression/compression.ts';
import type { Backend } from '../pools/backend.ts';
import { balanceKey } from '../pools/balance-key.ts';
import { Reasons, decide } from '../route/decide.ts';
import type { Route, RouteRule } from '../route/router.ts';
import { describeMatch } from '../route/match.ts';
import type { RouteEntry } from '../route/route-table.ts';
import { describeRule } from '../route/rules.ts';
import { whyRouteLost, whyRouteWon } from '../route/why.ts';
import { type ChosenPool, chosenPool } from './explained-pool.ts';
import { AS_THE_RULE, type Destination, type Snapshot, type Tenant, poolNameOf } from './snapshot.ts';
import { nearestRule } from './nearest-rule.ts';
import { lastHopAnswer, slashLocation } from './own-answers.ts';

/** A request to explain. Its parts are as on the wire. */
export type ExplainedRequest = {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** Field lines besides Host. */
  readonly fields: readonly string[];
};

export type BackendExplanation = {
  readonly name: string;
  readonly url: string;
  readonly isPicked: boolean;
  /** Why it is not eligible; null: it is. */
  readonly reason: string | null;
};

/** The route of a tenant that has won. */
export type RouteExplanation = {
  /** As the configuration calls it; null: not at all. */
  readonly name: string | null;
  readonly rule: string;
  readonly why: string;
  /** Others that match, the next one first. */
  readonly passedOver: readonly PassedOver[];
};

/** A rule that matches as well, and why it did not win. */
export type PassedOver = { readonly name: string | null; readonly rule: string; readonly why: string };

/** What the tenant has of the processor while all want it, and how long what it asks for beyond that may wait. */
export type ShareExplanation = { readonly weight: number; readonly ofWeights: number; readonly patience: Millis };

export type Explanation =
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'redirect'; readonly location: string }
  /** The gateway itself answers, because the request may not be passed on. */
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'admin' }
  | {
      readonly kind: 'tenant';
      readonly tenant: string;
      readonly rule: string;
      readonly why: string;
      readonly passedOver: readonly PassedOver[];
      /** Null: none of its routes matches, or it has none. */
      readonly route: RouteExplanation | null;
      /** The pool that it goes to; null: there is none, so that it is answered with 404. */
      readonly pool: string | null;
      /** The policy that has chosen the pool; null: none has. */
      readonly poolBy: Omit<ChosenPool, 'pool'> | null;
      /** Those that are asked about it, in this order, by their names or types. */
      readonly policies: readonly string[];
      /** In its normal form. */
      readonly target: string;
      /** What is removed of the path, and told the backend by X-Forwarded-Prefix; null: nothing. */
      readonly strippedPrefix: string | null;
      /** As the backend would see it; null: no backend is known yet. */
      readonly forwarded: string | null;
      readonly backends: readonly BackendExplanation[];
      readonly share: ShareExplanation;
      /** Those that it has. */
      readonly limits: readonly LimitUse[];
    };

// `keystone explain` counts as a client on this machine.
const LOCAL: ClientFacts = { address: '127.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null };

/** What would happen to a request now. Explaining changes nothing, not even the turns of the balancer. */
export function explain(snapshot: Snapshot, limits: HeadLimits, request: ExplainedRequest): Explanation {
  const head = new Head();
  const parser = new HeadParser(limits);
  parser.begin();
  const { method, host, target, fields } = request;
  const text = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''].join('\r\n');
  const result = parser.feedRequest(
    head,
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    0,
  );
  if (result > 0) return explainHead(snapshot, head);
  const { code, detail } = explainProblem(result);
  return { kind: 'refused', failure: failure(code, detail) };
}

function explainHead(snapshot: Snapshot, head: Head): Explanation {
  const reasons = new Reasons<Destination>();
  const decision = decide(snapshot.router, head, reasons);
  switch (decision.kind) {
    case 'refused':
      return { kind: 'refused', failure: refusal(decision.code, reasons, () => nearestTo(snapshot, head)) };
    case 'slash_missing':
      return { kind: 'redirect', location: slashLocation(head) };
    case 'last_hop':
      return { kind: 'answered', status: lastHopAnswer(head).status };
    case 'route':
      return explainRoute(decision, reasons, { head, sites: snapshot.sites });
  }
}

function nearestTo({ sites, byListener }: Snapshot, head: Head): string {
  const elsewhere = Array.from(byListener.values(), (router) => router.find(head)).find(
    (route) => route?.value.kind === 'tenant',
  );
  if (elsewhere?.value.kind === 'tenant') {
    const { name, listeners } = elsewhere.value.site.current;
    return `Tenant ${name} has a rule for it (${describeRule(elsewhere.rule)}), but is served on ${(listeners ?? []).join(', ')} only.`;
  }
  const host = latin1(head.bytes, head.hostStart, head.hostNameEnd);
  return nearestRule(sites, { host, path: latin1(head.bytes, head.pathStart, head.pathEnd) });
}

function refusal(code: Failure['code'], { otherReading }: Reasons<Destination>, findNearest: () => string): Failure {
  if (code === 'no-route') return failure(code, `${failure(code).detail} ${findNearest()}`);
  if (code !== 'path-ambiguous') return failure(code);
  return failure(code, `${failure(code).detail} Another program could take it for ${otherReading ?? ''}.`);
}

type Explained = Pick<Snapshot, 'sites'> & { readonly head: Head };

function explainRoute(
  route: Route<Destination>,
  { matching }: Reasons<Destination>,
  { head, sites }: Explained,
): Explanation {
  const { rule, value } = route;
  if (value.kind === 'local') return { kind: 'admin' };
  const whole = value.site.current;
  const routes = whole.routes === null ? [] : whole.routes.candidates(head);
  const routed = routes[0]?.value ?? whole;
  const strip = routed.strip === AS_THE_RULE ? value.strip : routed.strip;
  const { way: tenant, by } = poolOf(routed, { head, client: LOCAL, strip });
  const { keySource, affinity } = tenant.pool;
  const wanted = affinity === null ? null : affinity.backendOf(head);
  const picked = tenant.pool.peek(wanted, keySource === null ? 0 : balanceKey(keySource, head, LOCAL));
  const others = matching.filter((other) => other !== route);
  const shown = picked ?? tenant.pool.backends[0];
  return {
    kind: 'tenant',
    tenant: tenant.name,
    rule: describeRule(rule),
    why: whyItWon(rule, others.length),
    passedOver: others.map((other) => passedOver(rule, other)),
    route: explainOwnRoute(routes),
    pool: poolNameOf(tenant),
    poolBy: by,
    policies: policiesOf(tenant),
    target: latin1(head.bytes, head.pathStart, head.targetEnd),
    strippedPrefix: strip === 0 ? null : latin1(head.bytes, head.pathStart, head.pathStart + strip),
    forwarded:
      shown === undefined ? null : maskSecrets(forwardedTarget(head, strip, shown.origin), shown.options.url.secrets),
    backends: explainBackends(tenant, picked),
    share: explainShare(tenant, sites),
    limits: tenant.limits.uses.filter(({ limit }) => limit !== null),
  };
}

function poolOf(tenant: Tenant, request: Parameters<typeof chosenPool>[1]) {
  const found = chosenPool(tenant, request);
  if (found === null) return { way: tenant, by: null };
  const { policy, why } = found.chosen;
  return { way: found.way, by: { policy, why } };
}

// Compression has a key of its own, and nearly every tenant has it.
function policiesOf({ policies }: Tenant): readonly string[] {
  const listed = (policies?.made ?? []).filter(({ type }) => type !== compression.type);
  return listed.map(({ plan }) => plan.name ?? plan.type);
}

function explainOwnRoute([winner, ...others]: readonly RouteEntry<Tenant>[]): RouteExplanation | null {
  if (winner === undefined) return null;
  return {
    name: winner.name,
    rule: describeMatch(winner.match, winner.pattern),
    why: whyRouteWon(winner, others.length),
    passedOver: others.map((other) => ({
      name: other.name,
      rule: describeMatch(other.match, other.pattern),
      why: whyRouteLost(winner, other),
    })),
  };
}

function explainBackends(tenant: Tenant, picked: Backend | null): readonly BackendExplanation[] {
  return tenant.pool.backends.map((backend) => ({
    name: backend.name,
    url: shownUrl(backend.options.url),
    isPicked: backend === picked,
    reason: tenant.pool.reason(backend),
  }));
}

function explainShare({ share: { weight, patience } }: Tenant, sites: Snapshot['sites']): ShareExplanation {
  return { weight, ofWeights: sites.reduce((sum, { current }) => sum + current.share.weight, 0), patience };
}

function forwardedTarget(head: Head, strip: number, origin: OriginFacts): string {
  const body = { bodyStart: 0, bodyEnd: 0, bodyForm: 'framed' } as const;
  const request = { head, ...body, strip, client: LOCAL, rewritten: null, edits: null, marks: NO_MARKS };
  const written = latin1(out, 0, writeRequestHead(out, request, origin));
  return written.split(' ', 2)[1] ?? '';
}

function whyItWon(rule: RouteRule, others: number): string {
  if (others === 0) return 'the only rule that matches';
  const path = rule.path === null ? 'the longest prefix' : 'an exact path';
  if (rule.host === null) return `${path} that matches`;
  return rule.host.includes('*')
    ? 'a host comes before a path alone, and "*." before ".*"'
    : `an exact host comes first, then ${path}`;
}

function passedOver(winner: RouteRule, other: Route<Destination>): PassedOver {
  const { rule, value } = other;
  const name = value.kind === 'tenant' ? value.site.current.name : 'admin';
  return { name, rule: describeRule(rule), why: whyItLost(winner, rule) };
}

function whyItLost(winner: RouteRule, loser: RouteRule): string {
  if (winner.host === loser.host)
    return winner.path === null ? 'its prefix is shorter' : 'it has only a prefix of the path';
  if (loser.host === null) return 'it names no host';
  return loser.host.endsWith('.*') ? 'its host has any ending' : 'its host is a wildcard';
}
