// A tenant with a cache before one origin, on a clock that a test moves.
import { latin1 } from '../../../src/message/bytes.ts';
import type { LocalResponse } from '../../../src/message/local-response.ts';
import { ExchangeRig, read } from '../exchange-rig.ts';
import type { FakeClient } from '../fake-client.ts';
import { linkTo, tenant } from '../exchange-scenes.ts';
import type { Link } from '../fake-network.ts';
import { fieldOf } from './alone.ts';
import { A } from '../exchange-scenes.ts';

export type Asked = { readonly method?: string; readonly host?: string; readonly fields?: readonly string[] };

export class Cached {
  readonly rig: ExchangeRig;
  /** Requests that the origin has got. */
  requests = 0;

  /** `settings`: more of the tenant, as lines. */
  constructor(cache: object = {}, before: readonly object[] = [], after: readonly object[] = [], settings = '') {
    const policies = JSON.stringify([...before, { cache }, ...after]);
    this.rig = new ExchangeRig(read(tenant(`    policies: ${policies}\n${settings}`, A)));
  }

  /** The time, as the clock of the world has it. */
  date(seconds = 0): string {
    return new Date(this.rig.clock.wall() + seconds * 1000).toUTCString();
  }

  async pass(seconds: number): Promise<void> {
    await this.rig.clock.advance(seconds * 1000);
  }

  /** A request, of which nobody has heard yet unless it is answered at once. */
  ask(target = '/a', { method = 'GET', host = 'x', fields = [] }: Asked = {}): FakeClient {
    return this.rig.send([`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''].join('\r\n'));
  }

  /** The connection of the request that waits at the origin; null: none does. */
  get waiting(): Link | null {
    const found = this.rig.network.links.findLast((link) => {
      link.accept();
      return link.state === 'open' && link.request !== null;
    });
    return found ?? null;
  }

  /** The origin answers the request that waits for it. Returns the head of that request. */
  answer(lines: readonly string[] = [], { status = 200, body = 'ok' } = {}): string {
    const link = this.waiting;
    if (link === null) throw new Error('nobody asks the origin');
    this.requests++;
    const { received } = link;
    const length = status === 304 || status === 204 ? [] : [`Content-Length: ${body.length}`];
    const isHead = received.startsWith('HEAD ');
    const head = [`HTTP/1.1 ${status} Word`, ...lines, ...length, '', ''].join('\r\n');
    link.reply(head + (status === 304 || status === 204 || isHead ? '' : body));
    return received;
  }

  /** Asks and has the origin answer, if the request comes to it. */
  fetch(
    lines: readonly string[],
    target = '/a',
    asked: Asked = {},
    answer: { status?: number; body?: string } = {},
  ): FakeClient {
    const client = this.ask(target, asked);
    if (this.waiting !== null) this.answer(lines, answer);
    return client;
  }

  /** The latest connection to the origin. */
  get link(): Link {
    return linkTo(this.rig, 'a');
  }
}

/** What a client got without the origin; throws if it got it from there. */
export function kept(client: FakeClient): LocalResponse {
  if (client.response === null) throw new Error('this answer came from the origin, or has not come');
  return client.response;
}

export function textOf({ body }: LocalResponse): string {
  return latin1(body, 0, body.length);
}

/** What is said of the cache. */
export function statusOf(client: FakeClient): string | null {
  if (client.response !== null) return fieldOf(client.response, 'cache-status');
  return client.added.find((line) => line.startsWith('Cache-Status: '))?.slice('Cache-Status: '.length) ?? null;
}
