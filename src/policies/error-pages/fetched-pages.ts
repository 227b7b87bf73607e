// Pages that another server has. Each is asked for once for all who need it, and kept for a while; so is that there is none.
import { type Millis, millis } from '../../core/units.ts';
import type { PolicyTools } from '../tools.ts';
import { HTML, Page } from './page.ts';

const LARGEST = 1024 * 1024;
/** How long nobody asks again for a page that could not be had. */
const PAUSE = millis(2000);

type Kept = { readonly page: Page | null; readonly until: Millis };

export type PageServer = { readonly url: string; readonly timeout: Millis; readonly max_age: Millis };

/** By status: there are no more than a few hundred. */
export class FetchedPages {
  private readonly kept = new Map<number, Kept>();
  private readonly underWay = new Map<number, Promise<Page | null>>();
  private isFailing = false;

  constructor(
    private readonly server: PageServer,
    private readonly tools: Pick<PolicyTools, 'ask' | 'now' | 'report'>,
  ) {}

  /** Null: it cannot be had. */
  pageFor(status: number): Page | null | Promise<Page | null> {
    const kept = this.kept.get(status);
    if (kept !== undefined && this.tools.now() < kept.until) return kept.page;
    const known = this.underWay.get(status);
    if (known !== undefined) return known;
    const asked = this.fetch(status, kept?.page ?? null).finally(() => this.underWay.delete(status));
    this.underWay.set(status, asked);
    return asked;
  }

  // While the server is down, the page that it had goes on to be used.
  private async fetch(status: number, before: Page | null): Promise<Page | null> {
    const { server, tools } = this;
    const url = server.url.replaceAll('{status}', String(status));
    const { timeout, max_age: age } = server;
    const answer = await tools.ask({ method: 'GET', url, headers: [], body: null, timeout, largest: LARGEST });
    const why = answer.ok ? (answer.value.status === 200 ? null : `it answered ${answer.value.status}`) : answer.error;
    this.tell(why, url);
    const type = answer.ok ? answer.value.headers.find(([name]) => name === 'content-type')?.[1] : undefined;
    const page = answer.ok && why === null ? new Page(textOf(answer.value.body), type ?? HTML) : before;
    this.kept.set(status, { page, until: millis(tools.now() + (why === null ? age : PAUSE)) });
    return page;
  }

  private tell(why: string | null, url: string): void {
    const wasFailing = this.isFailing;
    this.isFailing = why !== null;
    if (why === null || wasFailing) return;
    this.tools.report({ level: 'warn', message: 'error_page_missing', fields: { url, reason: why } });
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
