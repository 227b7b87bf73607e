// Compares what happened with what a case expects. A case without problems holds.
import type { SeenRequest } from '../support/recording-backend.ts';
import { type Field, listOf, valuesOf } from '../support/reference-parser.ts';
import type { Expectation, Refusal, RequestRule, ResponseRule } from './case.ts';
import { checkFields, checkText } from './field-rules.ts';
import type { Observation } from './observe.ts';
import type { FinalResponse } from './transcript.ts';

/** What the backend has received for one play. */
export type UpstreamView = {
  readonly requests: readonly SeenRequest[];
  /** Unfinished requests; `isClosed`: the gateway has closed the connection of this one. */
  readonly fragments: readonly { readonly text: string; readonly isClosed: boolean }[];
  readonly violations: readonly string[];
};

export type Evidence = { readonly observation: Observation; readonly upstream: UpstreamView };

/** What is wrong, in words; empty: the case holds. */
export function judge(expect: Expectation, evidence: Evidence): string[] {
  const universal = evidence.upstream.violations.map((reason) => `the backend received ${reason}`);
  universal.push(...evidence.upstream.requests.flatMap(checkForwarded));
  universal.push(...evidence.observation.transcript.finals.flatMap(checkResponse));
  if (evidence.observation.transcript.invalid !== null && expect.kind !== 'cut') {
    universal.push(`the client received ${evidence.observation.transcript.invalid}`);
  }
  return [...universal, ...judgeOne(expect, evidence)];
}

function judgeOne(expect: Expectation, evidence: Evidence): string[] {
  switch (expect.kind) {
    case 'refused':
      return judgeRefused(expect, evidence);
    case 'answered':
      return judgeAnswered(expect, evidence);
    case 'forwarded':
      return judgeForwarded(expect, evidence);
    case 'failed':
      return judgeFailed(expect, evidence);
    case 'cut':
      return judgeCut(expect, evidence);
    case 'any': {
      const verdicts = expect.of.map((one) => judgeOne(one, evidence));
      return verdicts.some((problems) => problems.length === 0)
        ? []
        : [verdicts.map((v) => v.join(' + ')).join(' OR ')];
    }
  }
}

function judgeRefused(expect: Expectation & { kind: 'refused' }, { observation, upstream }: Evidence): string[] {
  const problems = [...checkSilence(upstream, expect.upstream), ...checkStatus(expect.status, observation)];
  if (observation.peer === 'open') problems.push('the connection stays open');
  const refusal = observation.transcript.finals.at(0);
  if (refusal !== undefined && !listOf(refusal.fields, 'connection').includes('close')) {
    problems.push('the refusal does not say Connection: close');
  }
  if (observation.transcript.finals.length > 1) problems.push('more than one response');
  return problems;
}

function judgeAnswered(expect: Expectation & { kind: 'answered' }, { observation, upstream }: Evidence): string[] {
  const problems = checkSilence(upstream, expect.upstream ?? 'nothing');
  problems.push(...checkStatus(expect.status, observation));
  const answer = observation.transcript.finals.at(0);
  problems.push(...checkFields(answer?.fields ?? [], expect.fields ?? {}, 'response'));
  if (expect.body !== undefined && answer?.body !== expect.body) problems.push(`body ${short(answer?.body ?? '')}`);
  return [...problems, ...checkPersistence(expect.persists, observation)];
}

function judgeForwarded(expect: Expectation & { kind: 'forwarded' }, { observation, upstream }: Evidence): string[] {
  const { requests } = upstream;
  const problems: string[] = [];
  if (requests.length !== expect.requests.length) {
    problems.push(`the backend received ${requests.length} requests, not ${expect.requests.length}`);
  }
  problems.push(...checkFragments(upstream, expect.isUnfinished === true));
  for (const [index, rule] of expect.requests.entries()) {
    if (index < requests.length) problems.push(...checkRequest(requests[index], rule));
  }
  const finals = observation.transcript.finals.slice(0, expect.responses.length);
  if (finals.length < expect.responses.length) problems.push(`${finals.length} responses: ${glimpse(observation)}`);
  for (const [index, response] of finals.entries()) problems.push(...matchResponse(response, expect.responses[index]));
  if (expect.backend === 'closed' && !requests.every(({ connection }) => connection.isClosedByPeer)) {
    problems.push("the backend's connection stays open");
  }
  if (expect.tunnel !== undefined && observation.transcript.rest !== expect.tunnel.receive) {
    problems.push(`the tunnel gave back ${JSON.stringify(observation.transcript.rest.slice(0, 80))}`);
  }
  return [...problems, ...checkPersistence(expect.persists, observation)];
}

// Several requests are right: the gateway may retry an idempotent request before it gives up.
function judgeFailed(expect: Expectation & { kind: 'failed' }, { observation, upstream }: Evidence): string[] {
  const problems = checkStatus(expect.status, observation);
  if (upstream.requests.length === 0 && upstream.fragments.length === 0) problems.push('nothing was forwarded');
  if (!upstream.requests.every(({ connection }) => connection.isClosedByPeer)) {
    problems.push("the backend's connection stays open");
  }
  if (observation.peer === 'open' && observation.probe !== 'answered') problems.push('the connection is stuck');
  return problems;
}

function judgeCut(expect: Expectation & { kind: 'cut' }, { observation }: Evidence): string[] {
  const { transcript, peer } = observation;
  const complete = transcript.finals.at(0);
  if (complete !== undefined) {
    return expect.status.includes(complete.status) ? [] : [`a complete response with status ${complete.status}`];
  }
  if (peer === 'open') return ['the connection stays open'];
  const body = transcript.rest.slice(transcript.rest.indexOf('\r\n\r\n') + 4);
  if (expect.bodyStart !== undefined && !body.includes(expect.bodyStart)) return [`only ${JSON.stringify(body)} came`];
  return [];
}

function checkSilence(upstream: UpstreamView, allowed: 'nothing' | 'incomplete'): string[] {
  const problems = upstream.requests.map(({ message }) => `the backend received ${message.method} ${message.target}`);
  for (const fragment of upstream.fragments) {
    if (allowed === 'nothing') problems.push(`the backend received ${JSON.stringify(fragment.text.slice(0, 60))}`);
    else if (!fragment.isClosed) problems.push('an unfinished request is left open at the backend');
  }
  return problems;
}

function checkFragments({ fragments }: UpstreamView, isUnfinished: boolean): string[] {
  if (!isUnfinished) return fragments.length === 0 ? [] : ['the backend received an unfinished request'];
  return fragments.every(({ isClosed }) => isClosed) ? [] : ['an unfinished request is left open at the backend'];
}

function checkStatus(allowed: readonly Refusal[], observation: Observation): string[] {
  const status = observation.transcript.finals.at(0)?.status ?? 'silence';
  if (status === 'silence' && observation.received !== '') return [`half a response: ${glimpse(observation)}`];
  return allowed.includes(status) ? [] : [`${status}, not ${allowed.join(' or ')}`];
}

function checkPersistence(persists: boolean | undefined, observation: Observation): string[] {
  if (persists === true && observation.probe !== 'answered') return [`a further request: ${observation.probe}`];
  if (persists === false && observation.peer === 'open') return ['the connection stays open'];
  if (observation.probe === 'unanswered' && observation.peer === 'open') return ['the connection is stuck'];
  return [];
}

function checkRequest({ message }: SeenRequest, rule: RequestRule): string[] {
  const problems: string[] = [];
  const line = `${message.method} ${message.target} HTTP/1.${message.minor}`;
  if (rule.line !== undefined) problems.push(...checkText(line, rule.line, 'request line'));
  if (rule.body !== undefined && message.body !== rule.body) problems.push(`request body ${short(message.body)}`);
  problems.push(...checkTrailers(message.trailers, rule.trailers ?? []));
  return [...problems, ...checkFields(message.fields, rule.fields ?? {}, 'request')];
}

function matchResponse(response: FinalResponse, rule: ResponseRule): string[] {
  const problems: string[] = [];
  const statuses = [rule.status ?? []].flat();
  if (statuses.length > 0 && !statuses.includes(response.status)) problems.push(`status ${response.status}`);
  if (rule.body !== undefined && response.body !== rule.body) problems.push(`response body ${short(response.body)}`);
  const interim = response.interim.map(({ status }) => status);
  if (rule.interim !== undefined && rule.interim.join() !== interim.join())
    problems.push(`interim [${interim.join()}]`);
  problems.push(...checkTrailers(response.trailers, rule.trailers ?? []));
  return [...problems, ...checkFields(response.fields, rule.fields ?? {}, 'response')];
}

function checkTrailers(trailers: readonly Field[], wanted: readonly string[]): string[] {
  const found = trailers.map(({ name, value }) => `${name}: ${value}`);
  return found.join() === wanted.join() ? [] : [`trailers [${found.join()}]`];
}

// Rules for every request that is forwarded, whatever its case (RFC 9110 7.6.1, 2.5).
function checkForwarded({ message }: SeenRequest): string[] {
  const problems: string[] = [];
  if (message.minor !== 1) problems.push('forwarded as HTTP/1.0');
  for (const name of ['keep-alive', 'proxy-connection', 'http2-settings']) {
    if (valuesOf(message.fields, name).length > 0) problems.push(`forwarded ${name}`);
  }
  const options = listOf(message.fields, 'connection');
  const others = options.filter((option) => !['close', 'keep-alive', 'upgrade', 'te'].includes(option));
  if (others.length > 0) problems.push(`forwarded Connection: ${others.join()}`);
  if (valuesOf(message.fields, 'upgrade').length > 0 && !options.includes('upgrade')) problems.push('a lone Upgrade');
  if (listOf(message.fields, 'te').some((coding) => coding !== 'trailers')) problems.push('forwarded TE');
  if (message.extensions.length > 0) problems.push('forwarded chunk extensions');
  return problems;
}

// Rules for every response that reaches a client.
function checkResponse(response: FinalResponse): string[] {
  const problems: string[] = [];
  if (response.minor !== 1) problems.push('answered as HTTP/1.0');
  const options = listOf(response.fields, 'connection');
  const others = options.filter((option) => !['close', 'keep-alive', 'upgrade'].includes(option));
  if (others.length > 0) problems.push(`a response with Connection: ${others.join()}`);
  if (response.extensions.length > 0) problems.push('chunk extensions reach the client');
  return problems;
}

function glimpse(observation: Observation): string {
  return `${short(observation.received)} (${observation.peer})`;
}

function short(text: string): string {
  return text.length > 120 ? `${JSON.stringify(text.slice(0, 120))}… (${text.length})` : JSON.stringify(text);
}
