// Policies and an observer that were added in one file each, in a gateway that serves real sockets.
import { describe, expect, test } from 'bun:test';
import type { PolicyPlan } from '../../src/policies/policy-plan.ts';
import { createGateway } from '../../src/runtime/create-gateway.ts';
import type { Gateway } from '../../src/runtime/gateway.ts';
import { compile } from '../../src/plan/compile.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { Origin } from '../support/origin.ts';
import { policies } from '../support/policies/registry.ts';
import { planOf, withPolicies } from '../support/policies/scripted.ts';
import { AccessLog } from '../support/recorder.ts';
import { until } from '../support/until.ts';

class Scene implements AsyncDisposable {
  readonly lines: string[] = [];

  private constructor(
    readonly origin: Origin,
    readonly gateway: Gateway,
  ) {}

  static async open(wanted: readonly PolicyPlan[]): Promise<Scene> {
    const origin = new Origin('a', () => new Response('hello'));
    const read = config(
      ['shop', 'blog']
        .map((name) => `  - { name: ${name}, domains: [${name}.test], services: [{ name: a, url: "${origin.url}" }] }`)
        .join('\n')
        .replace(/^/, 'tenants:\n'),
    );
    const lines: string[] = [];
    const started = await createGateway(read, {
      world: { ...realWorld(), writeLog: () => undefined },
      observers: [new AccessLog((line) => lines.push(line))],
      policies,
    });
    if (!started.ok) throw new Error(started.error);
    await started.value.apply(withPolicies(compile(read), wanted));
    return Object.assign(new Scene(origin, started.value), { lines });
  }

  ask(host: string, path = '/'): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.gateway.address.port}${path}`, { headers: { Host: host } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway.stop();
    this.origin[Symbol.dispose]();
    await Promise.resolve();
  }
}

describe('a policy of one file and one registry line', () => {
  test('limits the requests of each tenant, and says when to come again', async () => {
    await using scene = await Scene.open([planOf('rate_limit', { per_second: 1, burst: 2 })]);
    const asked = [await scene.ask('shop.test'), await scene.ask('shop.test'), await scene.ask('shop.test')];
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(asked[2]?.headers.get('retry-after')).toBe('1');
    expect(await asked[2]?.text()).toStartWith('429 too-many-connections: More requests than this tenant may send.');
    expect((await scene.ask('blog.test')).status).toBe(200);
  });
});

describe('an observer of one file', () => {
  test('writes down who asked for what, and what came of it', async () => {
    await using scene = await Scene.open([planOf('rate_limit', { per_second: 1, burst: 1 })]);
    await (await scene.ask('shop.test', '/a?b=c')).text();
    await (await scene.ask('shop.test', '/d')).text();
    await (await scene.ask('nobody.test', '/e')).text();
    await until(() => scene.lines.length === 3, 'all exchanges are over');
    const number = String.raw`\d+\.\d`;
    expect(scene.lines[0]).toMatch(
      new RegExp(
        `^shop GET shop\\.test /a 200 \\d+ \\d+ - - admitted=${number} attempted=${number} answered=${number} left=${number}$`,
      ),
    );
    expect(scene.lines[1]).toMatch(
      new RegExp(
        `^shop GET shop\\.test /d 429 \\d+ \\d+ too-many-connections rate_limit admitted=- attempted=- answered=- left=${number}$`,
      ),
    );
    expect(scene.lines[2]).toMatch(
      /^- GET nobody\.test \/e 404 \d+ \d+ no-route - admitted=- attempted=- answered=- left=/,
    );
  });
});
