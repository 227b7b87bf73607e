// Reads what the admin API answers, field by field. A field that is absent or of another kind is read as "not known", so that
// a page shows what there is, whichever version of the gateway it comes from.

/** An object of an answer. */
export class Fields {
  private readonly value: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    this.value = isObject(value) ? value : {};
  }

  has(name: string): boolean {
    return this.value[name] !== undefined && this.value[name] !== null;
  }

  text(name: string): string {
    return this.maybeText(name) ?? '';
  }

  maybeText(name: string): string | null {
    const found = this.value[name];
    return typeof found === 'string' ? found : null;
  }

  /** A word or a number, for people. */
  shown(name: string): string {
    const found = this.value[name];
    return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
  }

  /** Null: not known. */
  number(name: string): number | null {
    return numberOf(this.value[name]);
  }

  count(name: string): number {
    return this.number(name) ?? 0;
  }

  flag(name: string): boolean {
    return this.value[name] === true;
  }

  inner(name: string): Fields {
    return new Fields(this.value[name]);
  }

  maybe<Item>(name: string, read: (fields: Fields) => Item): Item | null {
    return this.has(name) ? read(this.inner(name)) : null;
  }

  list<Item>(name: string, read: (fields: Fields) => Item): readonly Item[] {
    return this.items(name).map((one) => read(new Fields(one)));
  }

  texts(name: string): readonly string[] {
    return this.items(name).filter((one) => typeof one === 'string');
  }

  numbers(name: string): readonly (number | null)[] {
    return this.items(name).map(numberOf);
  }

  /** Names and values of an object as lines for people. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return Object.entries(this.value)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  }

  private items(name: string): readonly unknown[] {
    const found = this.value[name];
    return Array.isArray(found) ? found : [];
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
