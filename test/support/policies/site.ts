// A gateway whose tenants have policies, each at a host of its own name below `.test`, before one origin.
import { GatewayProcess } from '../gateway-process.ts';
import { Origin } from '../origin.ts';

export type SiteTenant = {
  /** As a configuration has them. */
  readonly policies: readonly object[];
  /** Other settings. */
  readonly more?: object;
};

type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export class Site implements AsyncDisposable {
  private constructor(
    readonly gateway: GatewayProcess,
    readonly origin: Origin,
  ) {}

  /** `settings`: of the whole gateway, as text. */
  static async open(
    tenants: Readonly<Record<string, SiteTenant>>,
    answer?: (request: Request) => Response | Promise<Response>,
    settings = '',
  ): Promise<Site> {
    const origin = new Origin('a', answer);
    return new Site(await GatewayProcess.start(siteConfig(tenants, origin.url, settings)), origin);
  }

  get url(): string {
    return this.gateway.url;
  }

  /** Asks a tenant. Redirects are not followed. */
  ask(tenant: string, target = '/', { method = 'GET', headers = {}, body }: Asked = {}): Promise<Response> {
    return fetch(`${this.url}${target}`, {
      method,
      headers: { Host: `${tenant}.test`, ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    this.origin[Symbol.dispose]();
  }
}

/** Such a configuration. JSON is YAML. */
export function siteConfig(tenants: Readonly<Record<string, SiteTenant>>, url: string, settings = ''): string {
  const list = Object.entries(tenants).map(([name, { policies, more }]) =>
    JSON.stringify({ name, domains: [`${name}.test`], services: [{ name: 'a', url }], ...more, policies }),
  );
  return `${settings}tenants:\n${list.map((tenant) => `  - ${tenant}\n`).join('')}`;
}
