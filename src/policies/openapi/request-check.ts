// Whether a request is one that a description has.
import { type Failure, failure } from '../../core/failure.ts';
import { BODY_LENGTH, BODY_NONE } from '../../message/head.ts';
import type { PolicyRequest } from '../contract.ts';
import { essenceOf } from '../media-type.ts';
import { type BodyRule, isReadable } from './body-rules.ts';
import { type Budget, TooDear } from './budget.ts';
import type { Checker, Fault } from './checker.ts';
import type { Operation, Operations } from './operations.ts';
import type { OpenapiOptions } from './options.ts';
import { type Parameter, type QueryPair, pairsIn } from './parameters.ts';

/** Why a request is refused. `allowed`: the methods that the path has. */
export type Objection = {
  readonly failure: Failure;
  /** For people: `GET /users/{id}`; null: it has none. */
  readonly operation: string | null;
  readonly allowed: readonly string[] | null;
};

const MOST_FAULTS = 10;
const LONGEST_TEXT = 300;
const TOO_DEAR: Fault = { pointer: '', message: 'takes too long to check' };

export class RequestCheck {
  constructor(
    private readonly operations: Operations,
    private readonly checker: Checker,
    private readonly budget: Budget,
    private readonly options: OpenapiOptions,
  ) {}

  /** Null: it may go on. */
  objectionTo(request: PolicyRequest): Objection | null | Promise<Objection | null> {
    const found = this.operations.find(request.path);
    if (found === null) return this.unknown(failure('no-route', 'The API has no such path.'), null);
    const { method } = request;
    const operation = operationIn(found.value, method);
    if (operation === undefined) return this.unknown(failure('method-refused'), methodsOf([...found.value.keys()]));
    const faults = this.faultsIn(operation, request, found.parameters);
    const body = this.options.validate.body ? this.bodyOf(operation, request) : null;
    if (body === null) return objection(operation, faults);
    if ('code' in body) return { failure: body, operation: operation.title, allowed: null };
    if ('message' in body) return objection(operation, [...faults, body]);
    return this.afterBody(operation, request, { ...body, faults });
  }

  /** The operation that the request is; null: none that is described. */
  operationOf(request: PolicyRequest): Operation | null {
    const found = this.operations.find(request.path);
    return found === null ? null : (operationIn(found.value, request.method) ?? null);
  }

  private unknown(why: Failure, allowed: readonly string[] | null): Objection | null {
    return this.options.unknown_path === 'pass' ? null : { failure: why, operation: null, allowed };
  }

  private faultsIn({ parameters }: Operation, request: PolicyRequest, path: Readonly<Record<string, string>>): Fault[] {
    const pairs = pairsIn(request.query.slice(1));
    if (pairs === null && this.options.validate.query) return [{ pointer: '/query', message: 'cannot be read' }];
    const query = pairs ?? [];
    const faults: Fault[] = [...this.unknownIn(parameters, query)];
    for (const parameter of parameters) {
      if (faults.length >= MOST_FAULTS) break;
      if (!this.looksAt(parameter)) continue;
      const fault = this.within(() => parameter.faultIn({ request, query, path }, this.checker));
      if (fault !== null) faults.push(fault);
    }
    return faults;
  }

  private unknownIn(parameters: readonly Parameter[], query: readonly QueryPair[]): readonly Fault[] {
    const { validate, unknown_query: unknown } = this.options;
    if (unknown === 'pass' || !validate.query) return [];
    const known = parameters.filter(({ place }) => place === 'query');
    const others = query.some(({ name }) => !known.some((parameter) => parameter.owns(name)));
    return others ? [{ pointer: '/query', message: 'has a parameter that is not described' }] : [];
  }

  private looksAt({ place }: Parameter): boolean {
    const { path, query, headers } = this.options.validate;
    return place === 'path' ? path : place === 'query' ? query : headers;
  }

  // Null: there is nothing to read.
  private bodyOf(operation: Operation, request: PolicyRequest): BodyToCheck | Failure | Fault | null {
    const { body, isBodyRequired } = operation;
    const { framing, length } = request.head;
    if (body === null) return null;
    if (framing === BODY_NONE || (framing === BODY_LENGTH && length === 0))
      return isBodyRequired ? { pointer: '/body', message: 'is missing' } : null;
    const field = request.field('content-type') ?? '';
    const type = essenceOf(field);
    const rule = body.find(type);
    if (rule === null || !isUtf8(field) || !isPlain(request.field('content-encoding')))
      return failure('request-type-unsupported');
    return isReadable(type) ? { rule, type } : null;
  }

  private async afterBody(
    operation: Operation,
    request: PolicyRequest,
    { rule, type, faults }: BodyToCheck & { readonly faults: readonly Fault[] },
  ): Promise<Objection | null> {
    const read = await request.readBody(this.options.body_max);
    if (read.kind === 'too_large')
      return { failure: failure('request-body-too-large'), operation: operation.title, allowed: null };
    const fault = this.within(() => rule.faultIn(type, read.bytes, this.checker));
    return objection(operation, fault === null ? faults : [...faults, fault]);
  }

  private within(check: () => Fault | null): Fault | null {
    return within(this.budget, check);
  }
}

/** What a check finds, unless it takes too long: then that is the fault. */
export function within(budget: Budget, check: () => Fault | null): Fault | null {
  budget.begin();
  try {
    return check();
  } catch (error) {
    if (error instanceof TooDear) return TOO_DEAR;
    throw error;
  }
}

type BodyToCheck = { readonly rule: BodyRule; readonly type: string };

function operationIn(methods: ReadonlyMap<string, Operation>, method: string): Operation | undefined {
  return methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
}

function objection({ title }: Operation, faults: readonly Fault[]): Objection | null {
  if (faults.length === 0) return null;
  const errors = faults.slice(0, MOST_FAULTS).map(({ pointer, message }) => ({
    pointer: printable(pointer),
    message: printable(message),
  }));
  const detail = errors.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ');
  return { failure: { ...failure('request-invalid', `${detail}.`), errors }, operation: title, allowed: null };
}

/** As it may stand in answers and in the log. */
export function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?').slice(0, LONGEST_TEXT);
}

function methodsOf(methods: readonly string[]): readonly string[] {
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
}

// JSON has no other coding (RFC 8259 8.1).
function isUtf8(field: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(field)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset);
}

function isPlain(coding: string | null): boolean {
  return coding === null || /^identity$/i.test(coding.trim());
}
