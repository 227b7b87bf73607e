// A gateway inside the test, which puts one configuration after another in force.
import { expect } from 'bun:test';
import { compile } from '../../src/plan/compile.ts';
import { type EmbeddingOptions, createGateway } from '../../src/runtime/create-gateway.ts';
import type { Gateway } from '../../src/runtime/gateway.ts';
import type { Applied } from '../../src/runtime/plan-turns.ts';
import { realWorld } from '../../src/world.ts';
import { config } from './configs.ts';

export class EmbeddedGateway implements Disposable {
  private constructor(
    readonly gateway: Gateway,
    readonly log: readonly string[],
  ) {}

  static async start(text: string, options: EmbeddingOptions = {}): Promise<EmbeddedGateway> {
    const log: string[] = [];
    const world = { ...realWorld(), writeLog: (line: string) => log.push(line) };
    const started = await createGateway(config(text), { world, ...options });
    if (!started.ok) throw new Error(started.error);
    return new EmbeddedGateway(started.value, log);
  }

  /** Of its listeners, in their order. */
  get ports(): readonly number[] {
    return this.gateway.addresses.map(({ port }) => port);
  }

  apply(text: string): Promise<Applied> {
    return this.gateway.apply(compile(config(text)));
  }

  /** Puts it in force, which must not fail. */
  async reload(text: string): Promise<void> {
    expect(await this.apply(text)).toMatchObject({ kind: 'in_force' });
  }

  [Symbol.dispose](): void {
    this.gateway.stop();
  }
}
