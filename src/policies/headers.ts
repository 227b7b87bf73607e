// Adds, replaces and removes header fields, of requests on their way to backends and of answers on their way to clients.
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';
import {
  type Direction,
  type Edit,
  type EditMaker,
  type Edits,
  requestEdit,
  responseEdit,
  whyNoEdit,
} from '../message/edits.ts';
import { latin1 } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest } from './contract.ts';
import { type Template, compileTemplate, template } from './template.ts';

function editableName(direction: Direction) {
  return text<string>({
    type: 'field name',
    expected: 'the name of a header field that is not set by the gateway or by HTTP itself',
    parse(value) {
      const why = whyNoEdit(direction, value);
      return why === null ? ok(value) : err({ message: `cannot be changed: ${why}` });
    },
  });
}

function removableName(direction: Direction) {
  return text<string>({
    type: 'field name',
    expected: 'the name of a header field, or a beginning and an asterisk such as "x-internal-*"',
    parse(value) {
      if (value.endsWith('*')) {
        return /^[!#$%&'+.^_`|~0-9A-Za-z-]+\*$/.test(value)
          ? ok(value)
          : err({ message: '{value} is no beginning of a name' });
      }
      const why = whyNoEdit(direction, value);
      return why === null ? ok(value) : err({ message: `cannot be changed: ${why}` });
    },
  });
}

function edits(direction: Direction) {
  const named = z.record(editableName(direction), template).meta({ 'x-type': 'map of names to texts with places' });
  return z.strictObject({
    remove: defaulted(
      z.array(described(removableName(direction), 'A name.')),
      'Fields that are left out; `x-internal-*` for all that begin so.',
      { value: [], reason: 'what is there is there for somebody.' },
    ),
    set: optional(named, 'Fields that stand in place of all of their name.'),
    add: optional(named, 'Fields that are added to those of their name.'),
    default: optional(named, 'Fields that are set where there is none of their name.'),
  });
}

const options = z.strictObject({
  request: optional(edits('request'), 'Changes of requests on their way to backends.'),
  response: optional(edits('response'), "Changes of answers on their way to clients, also of the gateway's own."),
});

type Options = z.output<typeof options>;
type Wanted = NonNullable<Options['request']>;

export const headers = {
  type: 'headers',
  summary: `Adds, replaces and removes header fields. Values may have places that each request fills: \`{client.address}\`, \`{host}\`, \`{header.x-user}\` and others. Order: remove, set, add, default.`,
  options,
  words: () => 0,
  isShared: false,
  create({ request, response }, { tenant }): Policy {
    const forward = request === undefined ? null : new Changes('request', request, requestEdit, tenant);
    const back = response === undefined ? null : new Changes('response', response, responseEdit, tenant);
    return {
      ...(forward === null
        ? {}
        : {
            request(asked) {
              forward.apply(asked, asked.requestEdits, () => namesOf(asked.head));
              return CONTINUE;
            },
          }),
      ...(back === null
        ? {}
        : {
            response(asked, answer) {
              const { head, local } = answer;
              const names = () => (head === null ? (local?.headers ?? []).map(([name]) => name) : namesOf(head));
              back.apply(asked, asked.responseEdits, names);
              return CONTINUE;
            },
          }),
    };
  },
} as const satisfies PolicyKind<Options>;

type Named<D extends Direction> = {
  readonly name: string;
  readonly edit: Edit<D> | null;
  readonly make: (request: PolicyRequest) => Edit<D> | null;
};

/** The edits of one direction. Those that do not depend on the request are made once. */
class Changes<D extends Direction> {
  private readonly fixed: readonly Edit<D>[];
  /** Beginnings of names, in lower case. */
  private readonly beginnings: readonly string[];
  private readonly filled: readonly Named<D>[];
  private readonly defaults: readonly Named<D>[];

  constructor(
    private readonly direction: D,
    { remove, set = {}, add = {}, default: usual = {} }: Wanted,
    private readonly make: EditMaker<D>,
    private readonly tenant: string,
  ) {
    this.beginnings = remove.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1).toLowerCase());
    const removals = remove.filter((name) => !name.endsWith('*')).map((name) => make.remove(name));
    const additions = [...this.named(set, 'set'), ...this.named(add, 'append')];
    // What comes after a field that depends on the request keeps its place.
    const first = additions.findIndex(({ edit }) => edit === null);
    const fixed = first < 0 ? additions : additions.slice(0, first);
    this.fixed = [...removals, ...fixed.flatMap(({ edit }) => edit ?? [])];
    this.filled = first < 0 ? [] : additions.slice(first);
    this.defaults = this.named(usual, 'set');
  }

  private named(wanted: Readonly<Record<string, Template>>, kind: 'set' | 'append'): readonly Named<D>[] {
    return Object.entries(wanted).map(([name, source]) => {
      const { fixed, fill } = compileTemplate(source, this.tenant);
      const edit = fixed === null ? null : this.make[kind](name, fixed);
      return { name: name.toLowerCase(), edit, make: (request) => edit ?? this.madeOf(kind, name, fill(request)) };
    });
  }

  // A client can put anything into its own fields: what no field may have is left out.
  private madeOf(kind: 'set' | 'append', name: string, value: string): Edit<D> | null {
    const trimmed = value.trim();
    return trimmed === '' || whyNoEdit(this.direction, name, trimmed) !== null ? null : this.make[kind](name, trimmed);
  }

  /** `names`: of the fields that the message has. */
  apply(request: PolicyRequest, to: Edits<D>, names: () => readonly string[]): void {
    if (this.beginnings.length > 0) this.removeBeginnings(names(), to);
    for (const edit of this.fixed) to.add(edit);
    for (const { make } of this.filled) this.add(make(request), to);
    if (this.defaults.length === 0) return;
    const present = new Set(names().map((name) => name.toLowerCase()));
    for (const { name, make } of this.defaults) {
      const edit = make(request);
      if (edit !== null && !to.leaves(edit, present.has(name))) to.add(edit);
    }
  }

  private add(edit: Edit<D> | null, to: Edits<D>): void {
    if (edit !== null) to.add(edit);
  }

  private removeBeginnings(names: readonly string[], to: Edits<D>): void {
    for (const name of names) {
      const isMeant = this.beginnings.some((beginning) => name.toLowerCase().startsWith(beginning));
      if (isMeant && whyNoEdit(this.direction, name) === null) to.add(this.make.remove(name));
    }
  }
}

function namesOf({ bytes, fields, count }: Head): readonly string[] {
  return Array.from({ length: count }, (_, f) => latin1(bytes, fields[f * 4], fields[f * 4 + 1]));
}
