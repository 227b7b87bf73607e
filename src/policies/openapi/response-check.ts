// Whether the answer of a backend is one that a description has. It passes as it is, whatever is said of it.
import { fieldValue } from '../../message/field-value.ts';
import type { Head } from '../../message/head.ts';
import { Capture } from '../cache/capture.ts';
import type { Follower, PolicyRequest } from '../contract.ts';
import type { OpenStage } from '../stage.ts';
import { essenceOf } from '../media-type.ts';
import { type BodyRule, type BodyRules, isReadable } from './body-rules.ts';
import type { Fault } from './checker.ts';
import type { Operation } from './operations.ts';

export type ResponseCheckTools = {
  /** In bytes: a longer body is not looked at. */
  readonly largest: number;
  readonly faultIn: (rule: BodyRule, type: string, bytes: Uint8Array) => Fault | null;
  readonly tell: (operation: Operation, fault: Fault) => void;
};

const WITHOUT_BODY = [204, 304];

/** Follows one exchange. */
export class ResponseCheck implements Follower {
  readonly keepsBody = true;

  constructor(
    private readonly operation: Operation,
    private readonly tools: ResponseCheckTools,
  ) {}

  stage(request: PolicyRequest, head: Head): OpenStage | null {
    const { operation, tools } = this;
    const rules = rulesFor(operation, head.status);
    if (rules === null) return this.says('/status', `${head.status} is not described`);
    if (request.method === 'HEAD' || WITHOUT_BODY.includes(head.status) || rules.isEmpty) return null;
    const type = essenceOf(fieldValue(head, 'content-type') ?? '');
    const rule = rules.find(type);
    if (rule === null) return this.says('/header/Content-Type', 'is not described');
    if (!isReadable(type) || fieldValue(head, 'content-encoding') !== null) return null;
    const home = {
      largest: tools.largest,
      take: () => true,
      give: nothing,
      tooLarge: nothing,
      whole: (bytes: Uint8Array) => {
        const fault = tools.faultIn(rule, type, bytes);
        if (fault !== null) tools.tell(operation, fault);
      },
    };
    return (output) => new Capture(output, home);
  }

  private says(pointer: string, message: string): null {
    this.tools.tell(this.operation, { pointer, message });
    return null;
  }
}

function rulesFor({ responses }: Operation, status: number): BodyRules | null {
  const family = `${Math.floor(status / 100)}XX`;
  return responses.get(String(status)) ?? responses.get(family) ?? responses.get('default') ?? null;
}

function nothing(): void {
  // What is kept is bounded by what is in flight.
}
