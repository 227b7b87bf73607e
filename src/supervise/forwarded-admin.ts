// The admin API on the listeners of a worker: its requests are answered by the supervisor.
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView, SentRequest } from '../message/request-view.ts';

// Strangers may ask for the health of the gateway. A flood of them must not become one of messages.
const MOST_AT_ONCE = 100;
const BUSY: LocalResponse = { status: 503, headers: [['Retry-After', '1']], body: new Uint8Array(0) };

export class ForwardedAdmin implements LocalHandler {
  private readonly waiting = new Map<number, (response: LocalResponse) => void>();
  private next = 0;

  constructor(private readonly ask: (id: number, request: SentRequest) => void) {}

  handle(request: RequestView): LocalResponse | Promise<LocalResponse> {
    if (this.waiting.size >= MOST_AT_ONCE) return BUSY;
    const id = this.next++;
    const answer = new Promise<LocalResponse>((resolve) => this.waiting.set(id, resolve));
    this.ask(id, request.toSend);
    return answer;
  }

  answered(id: number, response: LocalResponse): void {
    this.waiting.get(id)?.(response);
    this.waiting.delete(id);
  }
}
