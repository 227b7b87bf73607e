// Lets through what the description of an API has, and refuses the rest before a backend sees it.
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Millis, millis } from '../../core/units.ts';
import { responseEdit } from '../../message/edits.ts';
import {
  CONTINUE,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type PolicyTools,
  type Verdict,
} from '../contract.ts';
import { Budget } from './budget.ts';
import { Checker } from './checker.ts';
import { readDocument } from './document.ts';
import { Operations } from './operations.ts';
import { type OpenapiOptions, openapiOptions } from './options.ts';
import { type Objection, RequestCheck } from './request-check.ts';
import { Translation } from './translation.ts';

/** One operation is told of in the log so often. */
const EVERY = millis(10_000);
const MOST_OPERATIONS = 1000;
const MOST_PATTERNS = 20;

export const openapi = {
  type: 'openapi',
  summary:
    'Checks requests by the description of the API (OpenAPI 3.0 or 3.1): paths, methods, parameters and bodies. What is not described there is refused.',
  options: openapiOptions,
  words: () => 0,
  isShared: false,
  keepsOut: true,
  create: (options, tools): Policy => new Openapi(options, tools),
} as const satisfies PolicyKind<OpenapiOptions>;

class Openapi implements Policy {
  private readonly told = new BoundedMap<string, Millis>(MOST_OPERATIONS);
  /** Null: no request has come yet. Most processes read no description, or not all of it. */
  private check: RequestCheck | null = null;
  /** How many are not checked. */
  private patterns = 0;

  constructor(
    private readonly options: OpenapiOptions,
    private readonly tools: Pick<PolicyTools, 'now' | 'report'>,
  ) {}

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    this.check ??= this.made();
    const objection = this.check.objectionTo(request);
    if (objection instanceof Promise) return objection.then((found) => this.verdictOn(request, found));
    return this.verdictOn(request, objection);
  }

  private made(): RequestCheck {
    const { file, base_path: base, time } = this.options;
    const document = readDocument(file.text);
    if (!document.ok) throw new Error(document.error);
    const operations = Operations.of(document.value, base ?? null);
    if (!operations.ok) throw new Error(operations.error);
    const budget = new Budget(this.tools.now, time);
    const checker = new Checker(new Translation(document.value, (pattern) => this.leftOut(pattern)), budget);
    return new RequestCheck(operations.value, checker, budget, this.options);
  }

  private leftOut(pattern: string): void {
    const message = 'a pattern of the description is not checked: RE2 does not know it';
    if (this.patterns++ < MOST_PATTERNS) this.tools.report({ level: 'warn', message, fields: { pattern } });
  }

  private verdictOn(request: PolicyRequest, objection: Objection | null): Verdict {
    if (objection === null) return CONTINUE;
    const { failure, allowed } = objection;
    if (this.options.mode === 'report') {
      this.tell(objection);
      return CONTINUE;
    }
    if (allowed !== null) request.responseEdits.add(responseEdit.set('Allow', allowed.join(', ')));
    return { kind: 'refuse', failure, retryAfter: null };
  }

  private tell({ operation, failure: { code, detail } }: Objection): void {
    const now = this.tools.now();
    const which = operation ?? code;
    if (now < (this.told.get(which) ?? 0)) return;
    this.told.set(which, millis(now + EVERY));
    const fields = { operation: operation ?? '', code, detail };
    this.tools.report({ level: 'info', message: 'the description of the API would have refused a request', fields });
  }
}
