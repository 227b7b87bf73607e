// What the body of a request, or of an answer, may be by its media type.
import { err, ok, type Result } from '../../core/result.ts';
import { essenceOf } from '../media-type.ts';
import type { Check, Checker, Fault } from './checker.ts';
import { type ApiDocument, type Dictionary, followed, isDictionary, mapIn } from './document.ts';
import { readJson } from './json-text.ts';
import { decode, pairsIn } from './parameters.ts';
import { mapOf } from './values.ts';

const FORM = 'application/x-www-form-urlencoded';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A media type that is taken. */
export class BodyRule {
  private check: Check | null = null;

  constructor(
    private readonly document: ApiDocument,
    /** Undefined: anything. */
    readonly schema: unknown,
  ) {}

  faultIn(type: string, bytes: Uint8Array, checker: Checker): Fault | null {
    const value = this.valueOf(type, bytes);
    if (!value.ok) return { pointer: '/body', message: value.error };
    if (this.schema === undefined) return null;
    this.check ??= checker.compile(this.schema);
    const fault = this.check(value.value);
    return fault === null ? null : { pointer: `/body${fault.pointer}`, message: fault.message };
  }

  private valueOf(type: string, bytes: Uint8Array): Result<unknown, string> {
    if (type !== FORM) return readJson(bytes);
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      return err('is not UTF-8');
    }
    const pairs = (pairsIn(text) ?? []).map(({ name, raw }) => [name, decode(raw)] as const);
    const known = pairs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    if (pairsIn(text) === null || known.length < pairs.length) return err('is not percent-encoded as it should be');
    return ok(mapOf(this.document, this.schema, known));
  }
}

export class BodyRules {
  private readonly byType: ReadonlyMap<string, BodyRule>;

  /** `described`: a map with `content`. */
  constructor(document: ApiDocument, described: Dictionary) {
    const content = Object.entries(mapIn(described, 'content'));
    this.byType = new Map(
      content.map(([type, media]) => {
        const { schema } = isDictionary(media) ? media : followed(document, media);
        return [essenceOf(type), new BodyRule(document, schema)];
      }),
    );
  }

  /** Nothing is said of bodies. */
  get isEmpty(): boolean {
    return this.byType.size === 0;
  }

  get all(): Iterable<BodyRule> {
    return this.byType.values();
  }

  /** The rule for a body of that type, without parameters; null: it is not taken. */
  find(type: string): BodyRule | null {
    const family = `${type.slice(0, type.indexOf('/'))}/*`;
    return this.byType.get(type) ?? this.byType.get(family) ?? this.byType.get('*/*') ?? null;
  }
}

/** Whether bodies of that type are looked at: others are only known by their type. */
export function isReadable(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json') || type === FORM;
}
