// Lets through what the description of an API has, and refuses the rest before a backend sees it.
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Millis, millis } from '../../core/units.ts';
import { responseEdit } from '../../message/edits.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import { Budget } from './budget.ts';
import { Checker } from './checker.ts';
import { readDocument } from './document.ts';
import { Operations } from './operations.ts';
import { type OpenapiOptions, openapiOptions } from './options.ts';
import { type Objection, RequestCheck, printable, within } from './request-check.ts';
import { ResponseCheck, type ResponseCheckTools } from './response-check.ts';
import { Translation, type Way } from './translation.ts';

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

/** Made when the first request comes: a process may never get one. */
type Checks = { readonly requests: RequestCheck; readonly answers: ResponseCheckTools | null };

class Openapi implements Policy {
  private readonly told = new BoundedMap<string, Millis>(MOST_OPERATIONS);
  private checks: Checks | null = null;
  /** How many are not checked. */
  private patterns = 0;

  constructor(
    private readonly options: OpenapiOptions,
    private readonly tools: Pick<PolicyTools, 'now' | 'report'>,
  ) {}

  request(request: PolicyRequest): Verdict | Promise<Verdict> {
    this.checks ??= this.made();
    const { requests, answers } = this.checks;
    const operation = answers === null ? null : requests.operationOf(request);
    if (answers !== null && operation !== null) request.follow(new ResponseCheck(operation, answers));
    const objection = requests.objectionTo(request);
    if (objection instanceof Promise) return objection.then((found) => this.verdictOn(request, found));
    return this.verdictOn(request, objection);
  }

  private made(): Checks {
    const { file, base_path: base, time, responses } = this.options;
    const document = readDocument(file.text);
    if (!document.ok) throw new Error(document.error);
    const operations = Operations.of(document.value, base ?? null);
    if (!operations.ok) throw new Error(operations.error);
    const budget = new Budget(this.tools.now, time);
    const checkerFor = (way: Way): Checker =>
      new Checker(new Translation(document.value, way, (pattern) => this.leftOut(pattern)), budget);
    const requests = new RequestCheck(operations.value, checkerFor('request'), budget, this.options);
    return { requests, answers: responses === 'off' ? null : this.answerTools(checkerFor('response'), budget) };
  }

  private answerTools(checker: Checker, budget: Budget): ResponseCheckTools {
    return {
      largest: this.options.body_max,
      faultIn: (rule, type, bytes) => within(budget, () => rule.faultIn(type, bytes, checker)),
      tell: ({ title }, { pointer, message }) => {
        const detail = printable(`${pointer} ${message}`);
        this.tell(`${title} answers`, 'an answer is not as the description of the API has it', {
          operation: title,
          detail,
        });
      },
    };
  }

  private leftOut(pattern: string): void {
    const message = 'a pattern of the description is not checked: RE2 does not know it';
    if (this.patterns++ < MOST_PATTERNS) this.tools.report({ level: 'warn', message, fields: { pattern } });
  }

  private verdictOn(request: PolicyRequest, objection: Objection | null): Verdict {
    if (objection === null) return CONTINUE;
    const { failure, allowed, operation } = objection;
    if (this.options.mode === 'report') {
      const { code, detail } = failure;
      const fields = { operation: operation ?? '', code, detail };
      this.tell(operation ?? code, 'the description of the API would have refused a request', fields);
      return CONTINUE;
    }
    if (allowed !== null) request.responseEdits.add(responseEdit.set('Allow', allowed.join(', ')));
    return { kind: 'refuse', failure, retryAfter: null };
  }

  private tell(about: string, message: string, fields: Readonly<Record<string, string>>): void {
    const now = this.tools.now();
    if (now < (this.told.get(about) ?? 0)) return;
    this.told.set(about, millis(now + EVERY));
    this.tools.report({ level: 'info', message, fields });
  }
}
