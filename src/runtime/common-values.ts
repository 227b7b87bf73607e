// Values that policies find out once for all processes, such as keys that were fetched. The process that decides finds them out;
// the others are told, and say what they want.
import type { CommonValue } from '../policies/tools.ts';

/** How a process reaches those that have the same policies. */
export type CommonTools = {
  /** It finds the values out. */
  readonly isOurs: boolean;
  /** Another value has been found out here. */
  readonly tell: (key: string, value: string) => void;
  /** Asks whoever finds a value out to do so again. */
  readonly want: (key: string, reason: string) => void;
  /** Asks whoever finds a value out what it is. */
  readonly ask: (key: string) => void;
};

/** One process has everything. */
export const ALONE: CommonTools = { isOurs: true, tell: nothing, want: nothing, ask: nothing };

type Entry = { value: string | null; readonly users: Set<User> };

/** The value as one policy has it, until it releases it. */
export type OwnCommon = CommonValue & { release(): void };

export class CommonValues {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly tools: CommonTools) {}

  /** The value with that key. */
  of(key: string): OwnCommon {
    const known = this.entries.get(key);
    const entry: Entry = known ?? { value: null, users: new Set() };
    const user: User = new User(entry, {
      isOurs: this.tools.isOurs,
      publish: (value) => {
        this.told(key, value);
        this.tools.tell(key, value);
      },
      want: (reason) => {
        if (this.tools.isOurs) this.wanted(key, reason);
        else this.tools.want(key, reason);
      },
      leave: () => {
        entry.users.delete(user);
        if (entry.users.size === 0 && this.entries.get(key) === entry) this.entries.delete(key);
      },
    });
    entry.users.add(user);
    this.entries.set(key, entry);
    if (known === undefined && !this.tools.isOurs) this.tools.ask(key);
    return user;
  }

  /** Null: none has been found out. */
  current(key: string): string | null {
    return this.entries.get(key)?.value ?? null;
  }

  /** Nobody here has a policy for it: then it is not kept. */
  told(key: string, value: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.value = value;
    for (const user of entry.users) user.told(value);
  }

  /** Somebody wants it found out again. */
  wanted(key: string, reason: string): void {
    for (const user of this.entries.get(key)?.users ?? []) user.asked(reason);
  }
}

type Ways = Pick<CommonValue, 'isOurs' | 'publish' | 'want'> & { readonly leave: () => void };

/** One policy that has the value. */
class User implements CommonValue {
  readonly isOurs: boolean;
  readonly publish: CommonValue['publish'];
  readonly want: CommonValue['want'];
  readonly release: () => void;
  private readonly subscribers: ((value: string) => void)[] = [];
  private readonly finders: ((reason: string) => void)[] = [];

  constructor(
    private readonly entry: Entry,
    { isOurs, publish, want, leave }: Ways,
  ) {
    this.isOurs = isOurs;
    this.publish = publish;
    this.want = want;
    this.release = leave;
  }

  get value(): string | null {
    return this.entry.value;
  }

  subscribe(call: (value: string) => void): void {
    this.subscribers.push(call);
  }

  wanted(call: (reason: string) => void): void {
    this.finders.push(call);
  }

  told(value: string): void {
    for (const call of this.subscribers) call(value);
  }

  asked(reason: string): void {
    for (const call of this.finders) call(reason);
  }
}

function nothing(): void {
  // There are no others.
}
