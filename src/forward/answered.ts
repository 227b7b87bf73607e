// An answer on its way to the client, as policies see it: a backend's, or one that the gateway makes itself.
import type { Failure } from '../core/failure.ts';
import { fieldValue } from '../message/field-value.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { PolicyResponse } from '../policies/contract.ts';

export class Answered implements PolicyResponse {
  head: Head | null = null;
  local: LocalResponse | null = null;
  failure: Failure | null = null;

  get status(): number {
    return this.local?.status ?? this.head?.status ?? 0;
  }

  field(name: string): string | null {
    if (this.head !== null) return fieldValue(this.head, name);
    const values = (this.local?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
    return values.length === 0 ? null : values.join(', ');
  }

  /** A backend has answered. */
  isOf(head: Head): void {
    this.head = head;
    this.local = null;
    this.failure = null;
  }

  /** The gateway answers, from here on in place of what was there. */
  becomes(local: LocalResponse, failure: Failure | null): void {
    this.head = null;
    this.local = local;
    this.failure = failure;
  }

  clear(): void {
    this.head = null;
    this.local = null;
    this.failure = null;
  }
}
